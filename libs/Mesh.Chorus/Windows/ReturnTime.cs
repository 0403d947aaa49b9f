namespace Mesh.Chorus.Windows;

/// <summary>How long something takes to come back, in timestamps: mean and mean deviation, each moved by a part of the error (Jacobson 1988, as TCP does for its round trips).</summary>
internal struct ReturnTime
{
    private const int MeanShift = 3, DeviationShift = 2;

    /// <summary>Deviations beyond the mean after which it is overdue.</summary>
    private const int Tolerance = 4;

    /// <summary>Sooner is no sooner; a mean of nothing could never grow again.</summary>
    private const long Least = 1 << 10;

    private long _mean, _deviation;

    /// <summary>False until something came back.</summary>
    public bool IsKnown { get; private set; }

    public readonly long Mean => _mean;

    /// <summary>After so long it has probably gone for good; never less than an eighth beyond the mean.</summary>
    public readonly long Overdue => _mean + Math.Max(Tolerance * _deviation, _mean >> 3);

    public void Learn(long took)
    {
        took = Math.Max(took, Least);
        if (!IsKnown)
        {
            (_mean, _deviation, IsKnown) = (took, took / 2, true);
            return;
        }
        // A pause is no way: one that is much too late counts as twice what was allowed, so that a way that did get longer is still learnt in a few returns.
        var error = Math.Min(took, 2 * Overdue) - _mean;
        _mean += error >> MeanShift;
        _deviation += (Math.Abs(error) - _deviation) >> DeviationShift;
    }
}
