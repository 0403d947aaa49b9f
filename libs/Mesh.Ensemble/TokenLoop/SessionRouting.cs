using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Routing;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>
/// What one session is answered with now, and the gate that goes with it. It follows its source between rounds, and within one only while nobody has
/// answered or is likely to; a deterministic session keeps what it began with.
/// </summary>
internal sealed class SessionRouting
{
    private readonly EnsembleTokenLoop _loop;
    private readonly GenerationRequest _request;
    private readonly IRoutingSource _source;

    public SessionRouting(EnsembleTokenLoop loop, GenerationRequest request)
    {
        (_loop, _request, _source) = (loop, request, request.Routing ?? loop.Routing);
        Snapshot = _source.Current;
        Options = Snapshot.Options.Settled;
        var peers = loop.Pool.Peers;
        Gate = NewGate(peers.Length > 0 ? peers[0] : null);
        foreach (var token in request.Prompt.Span)
            Gate.Advance(token);
    }

    public RoutingSnapshot Snapshot { get; private set; }

    public EnsembleOptions Options { get; private set; }

    public IGate Gate { get; private set; }

    public bool Admits(ExpertPeer peer) => (_request.Only is not { } only || peer.Id == only) && Snapshot.Experts.Admits(peer.Id);

    /// <summary>An expert joins; returns its number at the gate.</summary>
    public int Add(ExpertPeer peer)
    {
        Span<double> prior = [0];
        foreach (var part in _loop.Priors)
            part.Add(_request.Prompt.Span, [peer], prior);
        Snapshot.Prior?.Add(_request.Prompt.Span, [peer], prior);
        return Gate.Add(peer.Id, double.IsFinite(prior[0]) ? prior[0] : 0);
    }

    /// <summary>Whether <see cref="AddForSelection"/> adds anything. A deterministic session does not look at what else is going on.</summary>
    public bool HasSelectionPriors => _loop.SelectionPriors.Length > 0 && !Options.Deterministic;

    /// <summary>What counts for the choice of a round's experts alone, in nats.</summary>
    public void AddForSelection(ReadOnlySpan<ExpertPeer> peers, Span<double> scores)
    {
        foreach (var part in _loop.SelectionPriors)
            part.Add(_request.Prompt.Span, peers, scores);
    }

    /// <summary>Takes over what the source says now. Costs a comparison when nothing has changed.</summary>
    public void Follow(SessionText text, List<Lane> lanes)
    {
        if (Options.Deterministic || _source.Current is var now && ReferenceEquals(now, Snapshot))
            return;
        var old = Snapshot;
        (Snapshot, Options) = (now, now.Options.Settled);
        if (!now.HasGateOf(old))
            Tell(text, lanes);
    }

    /// <summary>A new gate hears what the old one was told: experts, text and evidence.</summary>
    private void Tell(SessionText text, List<Lane> lanes)
    {
        Gate = NewGate(lanes.Count > 0 ? lanes[0].Peer : null);
        foreach (var lane in lanes)
            Add(lane.Peer);
        foreach (var token in text.Tokens)
            Gate.Advance(token);
        foreach (var lane in lanes)
            lane.Told.Repeat(Gate, lane.Number, text.Appended);
    }

    private IGate NewGate(ExpertPeer? any) => Gates.Create(Options, Snapshot.GateModel, any?.Card.TokenizerFingerprint);
}
