namespace Mesh.Simulation.Events;

/// <summary>The time of a queue for code that asks a <see cref="TimeProvider"/>; timestamps are nanoseconds.</summary>
/// <param name="since">The wall clock at the beginning.</param>
public sealed class EventTime(EventQueue events, DateTimeOffset since) : TimeProvider
{
    private const double Nanoseconds = 1e6;   // of a millisecond

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => Timestamp(events.Now);

    public override DateTimeOffset GetUtcNow() => since + TimeSpan.FromMilliseconds(events.Now);

    public static long Timestamp(double milliseconds) => (long)Math.Round(milliseconds * Nanoseconds);
}
