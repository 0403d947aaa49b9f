using Mesh.Chorus.Leases;
using Mesh.Governance.Http;

namespace Router.Api.Governance;

/// <summary>Every answer of a governed router says whether it has the lease: <c>x-mesh-lease: held</c> or <c>lost</c>.</summary>
internal static class LeaseHeader
{
    public const string Name = "x-mesh-lease";

    public static void UseLeaseHeader(this WebApplication app)
    {
        var node = app.Services.GetRequiredService<IMeshNode>();
        app.Use((context, next) =>
        {
            if (node.Lease is not LeaseState.None and var lease)
                context.Response.Headers[Name] = lease == LeaseState.Held ? "held" : "lost";
            return next(context);
        });
    }
}
