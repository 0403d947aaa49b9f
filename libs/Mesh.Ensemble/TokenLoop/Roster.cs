using System.Collections.Immutable;
using Mesh.Contracts.Steps;
using Mesh.Contracts.Streams;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Routing;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>The lanes of one session: follows the pool as experts come and go, and frees them all when the session ends, from whatever thread ends it.</summary>
internal sealed class Roster(EnsembleTokenLoop loop, SessionRouting routing, SessionId session, Signal signal) : IDisposable
{
    private readonly Lock _closing = new();
    private ImmutableArray<ExpertPeer> _peers = [];
    private ExpertFilter _filter = ExpertFilter.All;
    private CancellationTokenSource? _watching;
    private Task? _change;
    private bool _closed;

    /// <summary>Every expert that ever took part, in the order of joining; those that may be asked now are <see cref="Lane.Listed"/>.</summary>
    public List<Lane> Lanes { get; } = [];

    /// <summary>That of the first expert; 0 while there is none.</summary>
    public int VocabularySize { get; private set; }

    /// <summary>Takes over what the pool says now, and whom the session's routing admits. Cheap when nothing has changed.</summary>
    /// <param name="leastContext">Experts with a smaller window cannot join any more: it is promised already.</param>
    public void Follow(int leastContext)
    {
        var peers = loop.Pool.Peers;
        if (peers == _peers && ReferenceEquals(_filter, routing.Snapshot.Experts))
            return;
        (_peers, _filter) = (peers, routing.Snapshot.Experts);
        foreach (var lane in Lanes)
        {
            (lane.Listed, lane.Barred) = (false, !routing.Admits(lane.Peer));
            // Also in the middle of a round, if it has none but attempts to show: what it still answers must not count.
            if (lane.Barred)
                (lane.Chosen, lane.IsDue) = (false, false);
        }
        foreach (var peer in peers)
            if (routing.Admits(peer))
                Follow(peer, leastContext);
    }

    /// <summary>From now on a change of the pool sets the signal, once.</summary>
    public void Watch()
    {
        if (_change is { IsCompleted: false })
            return;
        _change = loop.Pool.WaitForChangeAsync(_peers, (_watching ??= new()).Token);
        _change.GetAwaiter().UnsafeOnCompleted(signal.Set);
    }

    /// <summary>Sends the lane's request, unless the session has ended.</summary>
    public void Start(Lane lane, long now)
    {
        lock (_closing)
            if (!_closed)
                lane.Start(now);
    }

    /// <summary>Frees the experts at once. Safe from any thread, any number of times.</summary>
    public void Close()
    {
        lock (_closing)
        {
            if (_closed)
                return;
            _closed = true;
            foreach (var lane in Lanes)
            {
                if (!lane.WasAsked)
                    continue;
                lane.Cancel();
                lane.Peer.Channel.Release(session);
            }
        }
        signal.Set();
    }

    public void Dispose()
    {
        Close();
        _watching?.Cancel();
        foreach (var lane in Lanes)
            lane.Abandon();
    }

    private void Follow(ExpertPeer peer, int leastContext)
    {
        foreach (var lane in Lanes)
        {
            if (lane.Peer.Id != peer.Id)
                continue;
            if (lane.Peer != peer)
                (lane.Peer, lane.RetryAt, lane.Failures, lane.WasUnreachable) = (peer, 0, 0, false);
            lane.Listed = true;
            return;
        }
        // Others cannot take part in this text: their ids mean other tokens, or their window is too small.
        if (peer.Card.ContextLength >= leastContext && (VocabularySize == 0 || VocabularySize == peer.Card.VocabularySize))
            Join(peer);
    }

    private void Join(ExpertPeer peer)
    {
        VocabularySize = peer.Card.VocabularySize;
        var lane = loop.Lanes.Rent();
        lane.Attach(peer, loop.PaceOf(peer), routing.Add(peer), loop.Time, signal);
        lock (_closing)
            Lanes.Add(lane);
    }
}
