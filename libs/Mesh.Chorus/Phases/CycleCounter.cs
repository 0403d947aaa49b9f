namespace Mesh.Chorus.Phases;

/// <param name="Count">Cycles begun so far.</param>
/// <param name="LastBegan">When the newest of them began, by the timestamps of the phases' clock.</param>
public readonly record struct CycleReading(long Count, long LastBegan);

/// <summary>What the token side leaves behind of one member, for the phases to read whenever they like.</summary>
public interface ICycleCounter
{
    CycleReading Read();
}

/// <summary>
/// Counts the decode cycles of one expert: two writes for whoever decodes, two reads for the phases, nobody waits. The two may be read one cycle apart, which makes one
/// measurement a cycle too long; the average forgets it.
/// </summary>
public sealed class CycleCounter(TimeProvider clock) : ICycleCounter
{
    private long _count, _lastBegan;

    /// <summary>A decode begins. From any thread.</summary>
    public void OnBegun()
    {
        Volatile.Write(ref _lastBegan, clock.GetTimestamp());
        Interlocked.Increment(ref _count);
    }

    public CycleReading Read() => new(Volatile.Read(ref _count), Volatile.Read(ref _lastBegan));
}
