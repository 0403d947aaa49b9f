using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Governance.Canary;
using Router.Api.Governance.Experts;

namespace Router.Api.Governance.Routing;

/// <summary>Begins sessions: says which side of a canary each is on.</summary>
internal sealed class MeshSessions(RoutingSource routing, IExpertPool pool, ExpertStandings standings, CanaryMeter meter)
{
    /// <summary>Names the session that a request belongs to, where it is one of several.</summary>
    public const string Header = "x-mesh-session";

    private const int MaxLength = 512;

    /// <param name="completion">Its id; the session's too, unless the request names one by <see cref="Header"/> or <c>user</c>.</param>
    public MeshSession Begin(HttpContext context, string completion, CompletionSettings settings)
    {
        var named = context.Request.Headers[Header].ToString();
        if (named.Length > MaxLength)
            throw ApiErrors.Invalid(Header, $"Invalid '{Header}': string too long. Expected at most {MaxLength} characters, but got {named.Length} instead.", "string_above_max_length");
        var (only, overrides) = (settings.Only, settings.Ensemble);
        if (settings.Background)
            return Peek(only, overrides);
        var (mesh, peers) = (routing.Current, pool.Peers);
        var arm = mesh.ArmOf(named.Length > 0 ? named : settings.User ?? completion, id => peers.Any(p => p.Id == id));
        // An expert that answers alone is no part of what is tried; who names settings has the same ones on both sides.
        var measured = only is null && overrides is null or { IsEmpty: true } && mesh.Candidate is not null ? meter.Begin(completion, mesh.Canary!.Proposal, arm) : null;
        return new(arm, measured, routing, pool, standings, only, overrides);
    }

    /// <summary>What a request would be answered with that is no user's session: it is not measured, and nothing is learned from it.</summary>
    public MeshSession Peek(ExpertId? only, EnsembleOverrides? overrides) => new(Arm.Control, null, routing, pool, standings, only, overrides) { IsObserved = false };
}
