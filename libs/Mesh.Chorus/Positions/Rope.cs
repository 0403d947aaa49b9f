namespace Mesh.Chorus.Positions;

/// <summary>Which two numbers of a vector a rotation turns.</summary>
public enum RopePairs
{
    /// <summary>2k and 2k + 1, as LLaMA's files have it.</summary>
    Adjacent,
    /// <summary>k and k + d/2, as GPT-NeoX has it.</summary>
    Halves,
}

/// <summary>Rotary position embedding (Su et al. 2021): pair k of a vector of d numbers is turned by position * base^(-2k/d).</summary>
/// <param name="Dimensions">d, even.</param>
public sealed record Rope(int Dimensions, double Base = 10_000, RopePairs Pairs = RopePairs.Adjacent)
{
    public int PairCount => Dimensions / 2;

    /// <summary>Radians a position.</summary>
    public double Frequency(int pair) => Math.Pow(Base, -2.0 * pair / Dimensions);

    public (int Real, int Imaginary) Indices(int pair) => Pairs == RopePairs.Adjacent ? (2 * pair, 2 * pair + 1) : (pair, pair + Dimensions / 2);

    /// <summary>Turns vectors, one after the other in <paramref name="vectors"/>, to a position.</summary>
    /// <exception cref="ArgumentException">The length is no multiple of <see cref="Dimensions"/>.</exception>
    public void Rotate(Span<float> vectors, double position)
    {
        Check(vectors.Length);
        for (var start = 0; start < vectors.Length; start += Dimensions)
            for (var pair = 0; pair < PairCount; pair++)
            {
                var (sin, cos) = Math.SinCos(position * Frequency(pair));
                var (i, j) = Indices(pair);
                var (x, y) = (vectors[start + i], vectors[start + j]);
                (vectors[start + i], vectors[start + j]) = ((float)(x * cos - y * sin), (float)(x * sin + y * cos));
            }
    }

    internal void Check(int length)
    {
        if (Dimensions <= 0 || Dimensions % 2 != 0 || length == 0 || length % Dimensions != 0)
            throw new ArgumentException($"{length} numbers are no vectors of {Dimensions}, which has to be even.", nameof(length));
    }
}
