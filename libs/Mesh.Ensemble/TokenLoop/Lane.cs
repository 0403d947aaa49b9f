using System.Runtime.CompilerServices;
using Mesh.Contracts.Steps;
using Mesh.Contracts.Streams;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Tracing;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>
/// One expert in one session: the request and reply that are used again and again, at most one step in flight, and what is known of the expert's cache.
/// Only the session's own loop uses it, but for the end of a step, which any thread may bring. Pooled.
/// </summary>
internal sealed class Lane
{
    private const int Idle = 0, InFlight = 1, Ended = 2, Abandoned = 3;
    private readonly LanePool _home;
    private readonly Action _onCompleted;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _awaiter;
    private CancellationTokenSource _cancellation = new();
    private TimeProvider _time = null!;
    private Signal _signal = null!;
    private ExpertPeer _asked = null!;
    private StepUnderWay _underWay;
    private int _state;

    public Lane(LanePool home) => (_home, _onCompleted) = (home, OnCompleted);

    public StepRequest Request { get; } = new();
    public StepReply Reply { get; } = new();
    public ExpertPeer Peer { get; set; } = null!;
    public ExpertPace Pace { get; private set; } = null!;

    /// <summary>Its number at the gate.</summary>
    public int Number { get; private set; }

    /// <summary>The pool lists it and it has not been ruled out for this session.</summary>
    public bool Listed { get; set; }

    /// <summary>People let it take no part in this session: what it still answers does not count.</summary>
    public bool Barred { get; set; }

    /// <summary>It can take no part in this session any more.</summary>
    public bool Retired { get; set; }

    /// <summary>Positions below this one are in the expert's cache and agree with the text, as far as is known.</summary>
    public int Held { get; set; }

    /// <summary>Positions below this one have been counted as evidence.</summary>
    public int ScoredTo { get; set; }

    /// <summary>The last answer has not been compared with the text yet.</summary>
    public bool Unsettled { get; set; }

    /// <summary>Epoch of the text that the step in flight, or the last one, was made from.</summary>
    public int Epoch { get; set; }

    /// <summary>Failures in a row, and the moment before which it is not asked again.</summary>
    public int Failures { get; set; }
    public long RetryAt { get; set; }

    /// <summary>Nobody was there when it was last asked.</summary>
    public bool WasUnreachable { get; set; }

    public EvidenceLog Told { get; } = new();

    /// <summary>Its part in the trace, where somebody collects one.</summary>
    public ExpertSpan? Span { get; set; }

    /// <summary>The round its last step belongs to, and what it is to that round.</summary>
    public long Round { get; set; }
    public bool Chosen { get; set; }

    /// <summary>For one that is asked beside the voters: the round in which its answer is looked at, whenever it came, so that time decides nothing.</summary>
    public long Due { get; set; }
    public bool IsDue { get; set; }
    public bool Answered { get; set; }
    public bool Lost { get; set; }
    public int Resends { get; set; }

    /// <summary>Its step was given up only because others were faster: no failure, and not again before it has answered once.</summary>
    public bool Superseded { get; set; }
    public string? Dropped { get; set; }
    public float Weight { get; set; }
    public double Score { get; set; }

    /// <summary>What counted beside the score when the round's experts were chosen.</summary>
    public double Prior { get; set; }

    public long StartedAt { get; private set; }
    public long EndedAt { get; private set; }
    public long Deadline { get; set; }
    public long HardLimit { get; set; }
    public Exception? Failure { get; private set; }

    /// <summary>Its last step was sent to the peer it has now; not to one that has registered anew since.</summary>
    public bool AskedThisPeer => _asked == Peer;

    public bool IsInFlight => Volatile.Read(ref _state) == InFlight;
    public bool HasEnded => Volatile.Read(ref _state) == Ended;

    /// <summary>It was asked and its answer has not been looked at.</summary>
    public bool IsPending => Volatile.Read(ref _state) is InFlight or Ended;

    /// <summary>Whether the expert may hold something of this session.</summary>
    public bool WasAsked { get; set; }

    public void Attach(ExpertPeer peer, ExpertPace pace, int number, TimeProvider time, Signal signal)
    {
        (Peer, Pace, Number, _time, _signal) = (peer, pace, number, time, signal);
        (Listed, Retired, Unsettled, Chosen, Answered, Lost, WasAsked, Superseded) = (true, false, false, false, false, false, false, false);
        (Held, ScoredTo, Epoch, Failures, Resends) = (0, 0, 0, 0, 0);
        (RetryAt, Round, Due, Deadline, HardLimit, Weight, Score, Prior, IsDue) = (0, 0, 0, 0, 0, 0, 0, 0, false);
        (Dropped, Failure, Span) = (null, null, null);
        (Barred, WasUnreachable) = (false, false);
        Told.Clear();
        _state = Idle;
    }

    /// <summary>Sends the request. The end of the step sets the session's signal.</summary>
    public void Start(long now)
    {
        if (_cancellation.IsCancellationRequested)
            _cancellation = new();
        (StartedAt, Failure, WasAsked, Lost) = (now, null, true, false);
        _underWay = (_asked = Peer).Load.Begin(_time);
        Volatile.Write(ref _state, InFlight);
        try
        {
            _awaiter = Peer.Channel.StepAsync(Request, Reply, _cancellation.Token).ConfigureAwait(true).GetAwaiter();
        }
        catch (Exception failure)
        {
            End(failure);
            return;
        }
        if (_awaiter.IsCompleted)
            OnCompleted();
        else
            _awaiter.UnsafeOnCompleted(_onCompleted);
    }

    /// <summary>Gives up the step in flight, if any; it still ends in its own time.</summary>
    public void Cancel() => _cancellation.Cancel();

    /// <summary>The ended step has been looked at.</summary>
    public void Take() => Volatile.Write(ref _state, Idle);

    /// <summary>The session is over: the lane goes home, at once or when its step has ended.</summary>
    public void Abandon()
    {
        if (Interlocked.CompareExchange(ref _state, Abandoned, InFlight) != InFlight)
            _home.Return(this);
    }

    private void OnCompleted()
    {
        try
        {
            _awaiter.GetResult();
            End(null);
        }
        catch (Exception failure)
        {
            End(failure);
        }
    }

    private void End(Exception? failure)
    {
        Failure = failure;
        EndedAt = _time.GetElapsedTime(0).Ticks;
        _underWay.Dispose();
        var signal = _signal;
        if (Interlocked.CompareExchange(ref _state, Ended, InFlight) == Abandoned)
            _home.Return(this);
        else
            signal.Set();
    }
}
