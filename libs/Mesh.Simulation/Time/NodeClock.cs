namespace Mesh.Simulation.Time;

/// <summary>A node's clock: off by a constant, slow or fast by a rate, and set back or forward now and then. Its timers run at its rate; its timestamp is never set.</summary>
public sealed class NodeClock(VirtualTime time, TimeSpan offset = default) : TimeProvider
{
    private readonly long _start = time.GetUtcNow().Ticks;
    private TimeSpan _offset = offset;
    private long _local, _since = time.GetTimestamp();

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Seconds of this clock in a second.</summary>
    public double Rate
    {
        get;
        set => (_local, _since, field) = (GetTimestamp(), time.GetTimestamp(), value);
    } = 1;

    public override long GetTimestamp() => _local + (long)((time.GetTimestamp() - _since) * Rate);

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(_start, TimeSpan.Zero) + TimeSpan.FromTicks(GetTimestamp()) + _offset;

    /// <summary>Somebody sets the wall clock.</summary>
    public void Set(TimeSpan by) => _offset += by;

    /// <summary>From now on it runs right, and is off by so much.</summary>
    public void Correct(TimeSpan offset)
    {
        Rate = 1;
        _offset += time.GetUtcNow() - GetUtcNow() + offset;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new NodeTimer(this, time.CreateTimer(callback, state, Real(dueTime), Real(period)));

    private TimeSpan Real(TimeSpan local) => local <= TimeSpan.Zero || Rate == 1 ? local : TimeSpan.FromTicks((long)Math.Ceiling(local.Ticks / Rate));

    private sealed class NodeTimer(NodeClock clock, ITimer inner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => inner.Change(clock.Real(dueTime), clock.Real(period));

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
