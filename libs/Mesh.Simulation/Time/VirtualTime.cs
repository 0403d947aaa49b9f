namespace Mesh.Simulation.Time;

/// <summary>
/// One thread, a clock that moves only when nothing else can happen, and a seed that decides what comes next of all that could: a whole concurrent system
/// runs in one of its many possible orders, the same every time. Everything awaited inside must come from this clock or be completed by code inside.
/// </summary>
public sealed class VirtualTime(int seed) : TimeProvider
{
    private readonly Random _random = new(seed);
    private readonly List<(SendOrPostCallback Callback, object? State)> _ready = [];
    private readonly PriorityQueue<(Timer Timer, int Version), (long Due, long Order)> _timers = new();
    private const long Start = TimeSpan.TicksPerDay;
    private long _now = Start;
    private long _order;

    /// <summary>For what chance decides inside; the order of what happens at one time has its own.</summary>
    public Random Random { get; } = new(~seed);

    /// <summary>Since the beginning.</summary>
    public TimeSpan Elapsed => new(_now - Start);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Callbacks run so far.</summary>
    public long Events { get; private set; }

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => new(_now + 630_000_000_000_000_000, TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void After(TimeSpan delay, Action happens) => CreateTimer(static action => ((Action)action!)(), happens, delay, Timeout.InfiniteTimeSpan);

    public bool Chance(double probability) => probability > 0 && Random.NextDouble() < probability;

    /// <summary>Evenly from none to <paramref name="most"/>.</summary>
    public TimeSpan Some(TimeSpan most) => most * Random.NextDouble();

    /// <summary>Lets happen what is due until a time, which is then now.</summary>
    /// <param name="stop">Asked after every event; true leaves the rest undone.</param>
    public void RunUntil(TimeSpan end, Func<bool>? stop = null) => Inside(() =>
    {
        while (_ready.Count > 0 || Due() <= Start + end.Ticks)
        {
            Next();
            if (stop?.Invoke() == true)
                return;
        }
        _now = Math.Max(_now, Start + end.Ticks);
    });

    /// <summary>Runs <paramref name="body"/> to its end.</summary>
    /// <exception cref="InvalidOperationException">Nothing can happen any more and it has not ended (a stuck stream), or it goes on for ever.</exception>
    public void Run(Func<Task> body, long mostEvents = 1_000_000) => Inside(() =>
    {
        var task = body();
        while (!task.IsCompleted)
            if (!Next())
                throw new InvalidOperationException("Stuck: nothing is ready, no timer is set, and the body has not ended.");
            else if (Events > mostEvents)
                throw new InvalidOperationException($"Still going after {mostEvents} events.");
        task.GetAwaiter().GetResult();
    });

    private void Inside(Action work)
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new Context(this));
        try
        {
            work();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private bool Next()
    {
        if (_ready.Count == 0 && !Advance())
            return false;
        var index = _random.Next(_ready.Count);
        var (callback, state) = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        Events++;
        callback(state);
        return true;
    }

    private bool Advance()
    {
        if (Due() is var due && due == long.MaxValue)
            return false;
        _now = Math.Max(_now, due);
        _ready.Add((static timer => ((Timer)timer!).Fire(), _timers.Dequeue().Timer));
        return true;
    }

    /// <summary>When the next timer fires that was not changed meanwhile.</summary>
    private long Due()
    {
        while (_timers.TryPeek(out var entry, out var due))
        {
            if (entry.Timer.Version == entry.Version)
                return due.Due;
            _timers.Dequeue();
        }
        return long.MaxValue;
    }

    private sealed class Context(VirtualTime time) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => time._ready.Add((d, state));
        public override void Send(SendOrPostCallback d, object? state) => d(state);
        public override SynchronizationContext CreateCopy() => this;
    }

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public int Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Version++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
                time._timers.Enqueue((this, Version), (time._now + dueTime.Ticks, time._order++));
            return true;
        }

        public void Fire()
        {
            if (_period > TimeSpan.Zero)
                Change(_period, _period);
            callback(state);
        }

        public void Dispose() => Version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
