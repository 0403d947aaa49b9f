using System.Collections.Immutable;
using Mesh.Contracts.Experts;
using Mesh.Ensemble;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Routing;
using Mesh.Ensemble.TokenLoop;
using Mesh.Governance.Phases;
using Router.Api.Governance.Canary;
using Router.Api.Governance.Experts;

namespace Router.Api.Governance.Routing;

/// <summary>
/// One session: which side of a canary it is on, from its beginning to its end, and what it is answered with, which follows the configuration. Safe for
/// concurrent use: the answers of one request share it.
/// </summary>
internal sealed class MeshSession(
    Arm arm, CanarySession? meter, RoutingSource routing, IExpertPool pool, ExpertStandings standings, ExpertId? only, EnsembleOverrides? overrides) : IRoutingSource, IGenerationObserver
{
    private readonly ExpertFilter _wanted = new(only is { } one ? [one] : overrides?.Experts);
    private Held? _held;

    /// <summary>Whether experts stand better or worse by it afterwards.</summary>
    public bool IsObserved { get; init; } = true;

    public SessionSnapshot Current
    {
        get
        {
            var (mesh, peers) = (routing.Current, pool.Peers);
            return Volatile.Read(ref _held) is { } held && ReferenceEquals(held.Mesh, mesh) && held.Peers == peers ? held.Snapshot : Renew(mesh, peers);
        }
    }

    RoutingSnapshot IRoutingSource.Current => Current;

    /// <summary>The experts that could answer now.</summary>
    public IEnumerable<ExpertPeer> Peers => pool.Peers.Where(p => Current.Experts.Admits(p.Id));

    public void OnPrompt(double sum, int tokens) => meter?.OnPrompt(sum, tokens);

    public void OnRound(TimeSpan elapsed, int tokens) => meter?.OnRound(elapsed, tokens);

    /// <summary>Of no matter to a session.</summary>
    public void OnVote(ExpertId expert, float weight, TimeSpan? answered, int tokens)
    {
    }

    public void OnExpert(ExpertId expert, double sum, int tokens)
    {
        if (IsObserved)
            standings.Record(expert, sum, tokens);
    }

    /// <summary>It has ended by itself, or with an error of the mesh's; one that its reader left tells nothing.</summary>
    /// <param name="own">Mean log-probability of the tokens that were chosen, where there are any.</param>
    public void End(bool failed, double? own) => meter?.End(failed, own);

    private SessionSnapshot Renew(MeshRouting mesh, ImmutableArray<ExpertPeer> peers)
    {
        var side = mesh.Of(arm);
        var phase = PhaseTable.Of(side.Phase, mesh.Thresholds, peers.Count(p => side.Experts.Admits(p.Id)));
        var experts = side.Experts.And(_wanted);
        if (phase.Effective == 0 && Alone(peers.Where(p => experts.Admits(p.Id))) is { } best)
            experts = experts.And(new([best]));
        var options = phase.Effective switch
        {
            1 => side.Options with { Gate = GateKind.Uniform },
            2 or 3 => side.Options with { Gate = GateKind.Learned },
            _ => side.Options,
        };
        var snapshot = new SessionSnapshot(overrides?.Over(options) ?? options, overrides?.Gate ?? side.Gate, mesh.Version, arm, phase)
        {
            Experts = experts,
            Prior = phase.Effective == 3 ? standings : null,
        };
        Volatile.Write(ref _held, new(mesh, peers, snapshot));
        return snapshot;
    }

    /// <summary>A session that has one expert keeps it while it is there.</summary>
    private ExpertId? Alone(IEnumerable<ExpertPeer> able)
    {
        var peers = able.ToList();
        return _held?.Snapshot is { Phase.Effective: 0 } held && peers.Find(p => held.Experts.Admits(p.Id)) is { } known ? known.Id : standings.Best(peers)?.Id;
    }

    private sealed record Held(MeshRouting Mesh, ImmutableArray<ExpertPeer> Peers, SessionSnapshot Snapshot);
}
