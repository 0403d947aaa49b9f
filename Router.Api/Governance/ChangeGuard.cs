using Mesh.Governance.Http;
using Router.Api.Errors;

namespace Router.Api.Governance;

/// <summary>Whether shared state may change here, asked before every endpoint that does it.</summary>
internal static class ChangeGuard
{
    /// <summary>Not while the mesh is halted, and where people govern with the lease alone.</summary>
    public static RouteHandlerBuilder ChangesTheMesh(this RouteHandlerBuilder endpoint) => endpoint.Guard(static (_, node) => Check(node));

    /// <summary>The same; and where experts are registered by proposal, not here at all.</summary>
    /// <param name="command">What to do instead, from the route's values.</param>
    public static RouteHandlerBuilder RegistersExperts(this RouteHandlerBuilder endpoint, Func<HttpContext, string> command) =>
        endpoint.Guard((context, node) => CheckRegistration(node, () => command(context)));

    /// <exception cref="ApiException">Nobody is registered here now; it says why.</exception>
    public static void CheckRegistration(IMeshNode node, Func<string> command)
    {
        Check(node);
        if (node is { IsGoverned: true, Configuration.Policy.GovernedRegistration: true })
            throw ApiErrors.ProposalRequired(command());
    }

    /// <exception cref="ApiException">Nothing is changed here now; it says why.</exception>
    public static void Check(IMeshNode node)
    {
        if (node.IsHalted || !node.MaySpeak)
            throw ApiErrors.Halted();
        if (!node.MayChange)
            throw ApiErrors.NoLease();
    }

    private static RouteHandlerBuilder Guard(this RouteHandlerBuilder endpoint, Action<HttpContext, IMeshNode> check) => endpoint.AddEndpointFilter((context, next) =>
    {
        check(context.HttpContext, context.HttpContext.RequestServices.GetRequiredService<IMeshNode>());
        return next(context);
    });
}
