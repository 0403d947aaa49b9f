namespace Mesh.Ensemble.Experts;

/// <summary>What this router has under way at one expert. Sums of atomic additions: no step waits for another, in whatever order they begin and end.</summary>
public sealed class ExpertLoad
{
    private int _outstanding;
    private long _work;

    /// <summary>Steps that were sent and have not ended.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>
    /// Ticks that all steps together were under way up to <paramref name="now"/>; its growth by the time that passed is the mean of <see cref="Outstanding"/>. Read in the middle of a change it is
    /// wrong by all of <paramref name="now"/>; numbers that do not fit wrap.
    /// </summary>
    public long WorkUntil(long now) => unchecked(Interlocked.Read(ref _work) + Outstanding * now);

    /// <summary>A step begins; it ends when the result is disposed of, which is to happen once.</summary>
    /// <param name="time">The token loop's clock.</param>
    public StepUnderWay Begin(TimeProvider time)
    {
        Begin(time.GetElapsedTime(0).Ticks);
        return new(this, time);
    }

    /// <param name="now">Ticks of the token loop's clock.</param>
    internal void Begin(long now)
    {
        Interlocked.Add(ref _work, unchecked(-now));
        Interlocked.Increment(ref _outstanding);
    }

    internal void End(long now)
    {
        Interlocked.Add(ref _work, now);
        Interlocked.Decrement(ref _outstanding);
    }
}

/// <summary>A step that counts in its expert's load.</summary>
public readonly struct StepUnderWay(ExpertLoad load, TimeProvider time) : IDisposable
{
    public void Dispose() => load.End(time.GetElapsedTime(0).Ticks);
}
