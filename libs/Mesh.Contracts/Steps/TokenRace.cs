namespace Mesh.Contracts.Steps;

/// <summary>
/// A draw by noise that several can compute: every token waits an exponential time with its weight as rate, made from a key, the position and the token, and the
/// first one wins. It wins with exactly its share of the weights (the Gumbel-max trick), and two whose weights are much alike mostly name the same winner without
/// a word between them: an expert that knows the key drafts what the mixture is likely to draw (Daliri, Musco and Suresh, "Coupling without Communication and
/// Drafter-Invariant Speculative Decoding", 2024). The order of entry does not matter.
/// </summary>
/// <param name="key">Names the noise; see <see cref="StepRequest.DraftKey"/>.</param>
/// <param name="position">Of the token that is drawn, 0-based. Noise at different positions is independent.</param>
public struct TokenRace(ulong key, int position)
{
    private const ulong Golden = 0x9e3779b97f4a7c15;
    private readonly ulong _state = Mix(key + (ulong)position * Golden);
    private double _first = double.PositiveInfinity;

    /// <summary>-1 before a token of positive weight has entered.</summary>
    public int Winner { get; private set; } = -1;

    /// <param name="weight">Finite, 0 or more; need not be normalised.</param>
    public void Enter(int token, double weight)
    {
        // SplitMix64 (Steele, Lea and Flood 2014) as a function of its counter. 52 bits and a half, so that both ends are excluded and no rounding reaches them.
        var uniform = ((Mix(_state + ((ulong)token + 1) * Golden) >> 12) + 0.5) * (1.0 / (1UL << 52));
        // -log(u) >= 1 - u: most have lost before their logarithm is taken.
        if (1 - uniform > _first * weight)
            return;
        var time = -Math.Log(uniform) / weight;
        if (time < _first || (time == _first && token < Winner))
            (_first, Winner) = (time, token);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
