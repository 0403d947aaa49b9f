namespace Mesh.Contracts.Steps;

/// <summary>
/// A next-token distribution of which only the most probable tokens are listed: up to <see cref="StepLimits.Entries"/> pairs (token id, natural
/// log-probability normalised over the whole vocabulary), ids strictly ascending, and the probability mass of all tokens that are not listed.
/// </summary>
public sealed class SparseDistribution
{
    private readonly int[] _ids = new int[StepLimits.Entries];
    private readonly float[] _logProbabilities = new float[StepLimits.Entries];

    public int Count { get; private set; }

    /// <summary>Mass of the tokens that are not listed, 0 to 1.</summary>
    public float Tail;

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    public ReadOnlySpan<float> LogProbabilities => _logProbabilities.AsSpan(0, Count);

    public void Clear() => (Count, Tail) = (0, 0f);

    /// <exception cref="IndexOutOfRangeException">More than <see cref="StepLimits.Entries"/>.</exception>
    public void Add(int id, float logProbability)
    {
        _ids[Count] = id;
        _logProbabilities[Count++] = logProbability;
    }

    public void CopyFrom(SparseDistribution other)
    {
        other.Ids.CopyTo(_ids);
        other.LogProbabilities.CopyTo(_logProbabilities);
        (Count, Tail) = (other.Count, other.Tail);
    }
}
