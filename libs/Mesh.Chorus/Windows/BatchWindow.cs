namespace Mesh.Chorus.Windows;

/// <summary>
/// The one rule for when an expert that is idle begins its next decode: when every session that is expected is there, at the latest when the policy's patience ends. Expected is who was answered
/// lately, has not ended, usually comes back before that and is not overdue. It learns this from arrivals and answers alone. For one thread, but
/// for what is only read; nothing waits, nothing is allocated.
/// </summary>
public sealed class BatchWindow
{
    /// <summary>Less than a round trip: where so little may be waited for, the decode is too fast for waiting to pay.</summary>
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(0.25);

    /// <summary>However slow decodes are: nobody may take an expert that waits for one that hangs.</summary>
    internal static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(2);

    /// <summary>Part of a decode that beginning at once may gather for.</summary>
    private const int GatheringShare = 8;

    /// <summary>Decodes within which a session usually comes back if it is worth waiting for, and after which one that has not is not soon coming.</summary>
    private const int Cycle = 3;

    private const int DecodeShift = 2;   // a quarter of each decode's error goes into the mean
    private readonly TimeProvider _time;
    private readonly Seat[] _seats;
    private readonly IPhaseBoundary? _phase;
    private readonly WindowTrial? _trial;
    private readonly long _least, _gathering, _most;
    private WindowPolicy _inForce;
    private ReturnTime _returns;
    private int _taken, _present;
    private long _first, _limit, _began, _ended, _decode, _decodes, _works, _heldFrom, _heldUntil;

    /// <param name="seats">Sessions that may be there at once; each has a seat of a number below.</param>
    /// <param name="gathering">
    /// Most that <see cref="WindowPolicy.AtOnce"/> waits for sessions that are due within an eighth of a decode; zero: not at all. Not where it is an arm of a trial: it would keep together those whom
    /// the other arm has brought into step, also where that costs more than it brings.
    /// </param>
    /// <param name="phase">Whose boundary opens the windows of <see cref="WindowPolicy.Phases"/>.</param>
    /// <param name="trial">Of <see cref="WindowPolicy.Auto"/>; one of its own unless given.</param>
    /// <exception cref="ArgumentException">The policy needs a phase and none is given.</exception>
    public BatchWindow(TimeProvider time, int seats, WindowPolicy policy, TimeSpan gathering = default, IPhaseBoundary? phase = null, WindowTrial? trial = null)
    {
        if (policy == WindowPolicy.Phases && phase is null)
            throw new ArgumentException("Windows by phase need a phase.", nameof(phase));
        gathering = policy == WindowPolicy.Auto ? TimeSpan.Zero : gathering;
        (_time, _phase, Gathering) = (time, phase, gathering);
        _seats = new Seat[seats];
        _trial = policy == WindowPolicy.Auto ? trial ?? new(time) : null;
        _inForce = _trial?.Arm ?? policy;
        (_least, _gathering, _most) = (Ticks(LeastPatience), Ticks(gathering), Ticks(MostPatience));
    }

    /// <summary>Most that beginning at once waits.</summary>
    public TimeSpan Gathering { get; }

    /// <summary>The policy in force now: of <see cref="WindowPolicy.Auto"/> the arm of the hour.</summary>
    public WindowPolicy Policy => _inForce;

    /// <summary>What the trial has found so far; null where the policy is fixed.</summary>
    public WindowTrial? Trial => _trial;

    /// <summary>Mean sessions of a decode, since the beginning.</summary>
    public double MeanBatch => Volatile.Read(ref _decodes) is > 0 and var decodes ? (double)Volatile.Read(ref _works) / decodes : 0;

    /// <summary>Mean of a decode lately.</summary>
    public TimeSpan DecodeTime => _time.GetElapsedTime(0, _decode);

    /// <summary>A session's next step is there; again before it was answered: nothing.</summary>
    /// <param name="at">When it came; it may be noticed later, after a decode.</param>
    public void Arrive(int seat, long at)
    {
        ref var s = ref _seats[seat];
        if (s.State == SeatState.Present)
            return;
        if (s.State == SeatState.Away)
        {
            // Who was kept by a hold says nothing of its way.
            if (at <= _heldFrom || s.Answered >= _heldUntil)
            {
                var took = Math.Max(0, at - s.Answered);
                s.Returns.Learn(took);
                _returns.Learn(took);
            }
        }
        if (s.State == SeatState.Empty)
            _taken++;
        s.State = SeatState.Present;
        if (_present++ == 0)
            (_first, _limit) = (Math.Max(at, _ended), long.MaxValue);
    }

    /// <summary>A session has ended, or its step has come to nothing: it is not expected any more.</summary>
    public void Leave(int seat)
    {
        if (_seats[seat].State == SeatState.Empty)
            return;
        _taken--;
        if (_seats[seat].State == SeatState.Present)
            _present--;
        _seats[seat] = default;
    }

    /// <param name="works">Sessions that take part in the decode.</param>
    public void BeginDecode(int works)
    {
        _began = _time.GetTimestamp();
        (_decodes, _works) = (_decodes + 1, _works + works);
    }

    /// <summary>The decode has ended; <see cref="Answer"/> follows for each session it answered. Who is not answered is still there.</summary>
    public void EndDecode()
    {
        _ended = _time.GetTimestamp();
        var took = _ended - _began;
        _decode = _decode == 0 ? took : _decode + ((took - _decode) >> DecodeShift);
        (_first, _limit) = (_ended, long.MaxValue);
        _trial?.OnDecode(DecodeTime);
        Follow();
    }

    public void Answer(int seat)
    {
        _trial?.OnAnswer();
        ref var s = ref _seats[seat];
        // Whose session ended while it was computed does not come back.
        if (s.State == SeatState.Empty)
            return;
        if (s.State == SeatState.Present)
            _present--;
        (s.State, s.Answered) = (SeatState.Away, _ended);
    }

    /// <summary>How long to wait unless somebody comes: zero is begin now; <see cref="Timeout.InfiniteTimeSpan"/> where nobody is there.</summary>
    public TimeSpan Wait()
    {
        if (_present == 0)
            return Timeout.InfiniteTimeSpan;
        var now = _time.GetTimestamp();
        Follow();
        if (now < _heldUntil)
            return _time.GetElapsedTime(now, _heldUntil);
        // A boundary that was ahead and is passed opens, whatever the phase says of the next.
        if (_limit <= now || (_limit = Limit()) <= now)
            return TimeSpan.Zero;
        var until = now;
        foreach (ref var seat in _seats.AsSpan())
            if (seat.State == SeatState.Away)
                until = Math.Max(until, Math.Min(_limit, ExpectedUntil(seat)));
        return _time.GetElapsedTime(now, until);
    }

    private long ExpectedUntil(in Seat seat)
    {
        var returns = seat.Returns.IsKnown ? seat.Returns : _returns;
        if (!returns.IsKnown)
            return _limit;
        if (returns.Mean > (Policy == WindowPolicy.AtOnce ? _limit - seat.Answered : Cycle * _decode))
            return 0;
        var patience = Math.Max(returns.Overdue, Cycle * _decode);
        // A hold keeps sessions elsewhere, too: whoever was expected when it began is expected again from its end.
        return (seat.Answered < _heldUntil && seat.Answered + patience > _heldFrom ? _heldUntil : seat.Answered) + patience;
    }

    /// <summary>Takes the arm of the moment; a change to waiting for all begins with a hold.</summary>
    private void Follow()
    {
        if (_trial is null || _trial.Look() == _inForce)
            return;
        _inForce = _trial.Arm;
        _limit = long.MaxValue;
        // Who is alone has nobody to come into step with.
        if (_inForce != WindowPolicy.AllExpected || _taken < 2)
            return;
        var rally = new Rally(_time, DecodeTime);
        (_heldFrom, _heldUntil) = (rally.Begin, rally.HoldEnd);
    }

    /// <summary>When patience with the first that is there ends.</summary>
    private long Limit() => Policy switch
    {
        WindowPolicy.AtOnce => Math.Min(_decode / GatheringShare, _gathering) is var patience && patience >= _least ? _first + patience : _first,
        WindowPolicy.HalfDecode => _first + _decode / 2,
        WindowPolicy.Phases => _phase!.NextAfter(_first),
        _ => AllExpectedLimit(),
    };

    private long AllExpectedLimit()
    {
        var rally = new Rally(_time, DecodeTime);
        var limit = _first + _decode;
        return Math.Min(_first < rally.End ? Math.Max(limit, rally.End) : limit, _first + _most);
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);

    private enum SeatState : byte
    {
        Empty,
        Present,
        Away,
    }

    private struct Seat
    {
        public SeatState State;
        public long Answered;
        public ReturnTime Returns;
    }
}
