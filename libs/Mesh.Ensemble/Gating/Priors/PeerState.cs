namespace Mesh.Ensemble.Gating.Priors;

/// <summary>
/// A value of one expert that goes with time and is brought up to date by whoever asks: by one caller at a time, while the others read what there was. Nobody waits.
/// </summary>
/// <param name="value">What there is at <paramref name="since"/>.</param>
internal abstract class PeerState(long since, double value)
{
    private static readonly long Interval = TimeSpan.FromMilliseconds(50).Ticks;
    private long _at = since;
    private double _value = value;
    private int _taken;

    /// <param name="now">Ticks.</param>
    public double ValueAt(long now)
    {
        if (now - Volatile.Read(ref _at) >= Interval && Interlocked.Exchange(ref _taken, 1) == 0)
        {
            try
            {
                if (now - _at is var elapsed && elapsed >= Interval)
                {
                    Volatile.Write(ref _value, Advance(now, TimeSpan.FromTicks(elapsed)));
                    Volatile.Write(ref _at, now);
                }
            }
            finally
            {
                Volatile.Write(ref _taken, 0);
            }
        }
        return Volatile.Read(ref _value);
    }

    /// <summary>The value at <paramref name="now"/>, 0 to 1.</summary>
    /// <param name="elapsed">Since the last call, above 0.</param>
    protected abstract double Advance(long now, TimeSpan elapsed);
}
