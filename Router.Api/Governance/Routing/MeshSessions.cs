using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Router.Api.Errors;
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
    /// <param name="only">The expert that answers alone.</param>
    public MeshSession Begin(HttpContext context, string completion, string? user, ExpertId? only, EnsembleOverrides? overrides)
    {
        var named = context.Request.Headers[Header].ToString();
        if (named.Length > MaxLength)
            throw ApiErrors.Invalid(Header, $"Invalid '{Header}': string too long. Expected at most {MaxLength} characters, but got {named.Length} instead.", "string_above_max_length");
        var (mesh, peers) = (routing.Current, pool.Peers);
        var arm = mesh.ArmOf(named.Length > 0 ? named : user ?? completion, id => peers.Any(p => p.Id == id));
        // An expert that answers alone is no part of what is tried; who names settings has the same ones on both sides.
        var measured = only is null && overrides is null or { IsEmpty: true } && mesh.Candidate is not null ? meter.Begin(completion, mesh.Canary!.Proposal, arm) : null;
        return new(arm, measured, routing, pool, standings, only, overrides);
    }

    /// <summary>What a request would be answered with that is no session: it is not measured.</summary>
    public MeshSession Peek(ExpertId? only, EnsembleOverrides? overrides) => new(Arm.Control, null, routing, pool, standings, only, overrides);
}
