namespace Mesh.Chorus.Tests.Simulation;

/// <summary>A clock that moves from event to event, and a seed that decides all that chance decides.</summary>
internal sealed class World(int seed)
{
    private readonly PriorityQueue<Action, (TimeSpan Due, long Order)> _events = new();
    private long _order;

    public Random Random { get; } = new(seed);

    public TimeSpan Now { get; private set; }

    public void After(TimeSpan delay, Action happens) => _events.Enqueue(happens, (Now + delay, _order++));

    public bool Chance(double probability) => Random.NextDouble() < probability;

    /// <summary>Evenly from none to <paramref name="most"/>.</summary>
    public TimeSpan Some(TimeSpan most) => most * Random.NextDouble();

    public void RunUntil(TimeSpan end)
    {
        while (_events.TryPeek(out _, out var next) && next.Due <= end)
        {
            var happens = _events.Dequeue();
            Now = next.Due;
            happens();
        }
        Now = end;
    }

    /// <summary>A machine's clock, which differs from the world's by a constant.</summary>
    public TimeProvider Clock(TimeSpan offset) => new MachineClock(this, offset);

    private sealed class MachineClock(World world, TimeSpan offset) : TimeProvider
    {
        private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_000_000);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => world.Now.Ticks;

        public override DateTimeOffset GetUtcNow() => Start + world.Now + offset;
    }
}
