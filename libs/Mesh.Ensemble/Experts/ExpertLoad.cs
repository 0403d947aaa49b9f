namespace Mesh.Ensemble.Experts;

/// <summary>What this router has under way at one expert. Sums of atomic additions: no step waits for another, in whatever order they begin and end.</summary>
public sealed class ExpertLoad
{
    private int _outstanding;
    private long _work;

    /// <summary>Steps that were sent and have not ended.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>
    /// Ticks that all steps together were under way up to <paramref name="now"/>; its growth by the time that passed is the mean of <see cref="Outstanding"/>. Read in the middle of a change it may
    /// be wrong, once; numbers that do not fit wrap.
    /// </summary>
    public long WorkUntil(long now) => unchecked(Interlocked.Read(ref _work) + Outstanding * now);

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
