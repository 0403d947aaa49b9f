namespace Mesh.Chorus.Quorums;

/// <summary>How many of n witnesses commit a head: so many that any two quorums share a witness who tells the truth.</summary>
public static class Quorum
{
    /// <param name="witnesses">n, at least 1.</param>
    /// <param name="liars">How many of them may sign two roots of one size; the others may only be down or cut off.</param>
    /// <exception cref="ArgumentOutOfRangeException">With so many liars even all witnesses together prove nothing.</exception>
    public static int Of(int witnesses, int liars = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(witnesses, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(liars);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(liars, witnesses);
        return (witnesses + liars) / 2 + 1;   // 2q - n > f
    }
}
