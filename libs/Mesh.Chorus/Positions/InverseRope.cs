using System.Numerics;

namespace Mesh.Chorus.Positions;

/// <summary>How far two rotated copies of the same vectors are apart.</summary>
/// <param name="Offset">Positions that the second is after the first.</param>
/// <param name="Coherence">0 to 1: how well every pair's phase agrees with the offset.</param>
public sealed record RelativePosition(int Offset, double Coherence);

/// <summary>
/// Inverse of <see cref="Rope"/>: from two rotated copies the relative position. Each pair's phase difference gives it modulo that pair's period; the slowest pair, whose period is longer than
/// the range, gives all of it roughly, and each faster one refines it. With a copy that is not rotated the offset is the absolute position.
/// </summary>
public static class InverseRope
{
    /// <summary>Below this the two are no copies of each other.</summary>
    public const double LeastCoherence = 0.9;

    /// <param name="first">Vectors one after the other; several at one position average the noise.</param>
    /// <param name="second">The same vectors at another position.</param>
    /// <param name="most">Largest offset either way.</param>
    /// <returns>Null: they are no copies, or it cannot be told which offset it is.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or are no multiple of the dimensions.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The slowest pair turns by half or more within the range.</exception>
    public static RelativePosition? Find(Rope rope, ReadOnlySpan<float> first, ReadOnlySpan<float> second, int most = 4096)
    {
        rope.Check(first.Length);
        if (first.Length != second.Length)
            throw new ArgumentException($"{first.Length} numbers are no copy of {second.Length}.", nameof(second));
        if (most * rope.Frequency(rope.PairCount - 1) >= Math.PI)
            throw new ArgumentOutOfRangeException(nameof(most), most, $"The slowest pair tells {Math.PI / rope.Frequency(rope.PairCount - 1):0} positions apart at most.");
        var (cross, power) = (new Complex[rope.PairCount], 0.0);
        for (var start = 0; start < first.Length; start += rope.Dimensions)
            for (var pair = 0; pair < rope.PairCount; pair++)
            {
                var (i, j) = rope.Indices(pair);
                var (a, b) = (new Complex(first[start + i], first[start + j]), new Complex(second[start + i], second[start + j]));
                cross[pair] += Complex.Conjugate(a) * b;
                power += a.Magnitude * b.Magnitude;
            }
        if (!(power > 0) || !double.IsFinite(power))
            return null;
        // Weighted least squares from the slowest pair on: a phase weighs with the square of its frequency and its amplitude.
        var (offset, weight) = (0.0, 0.0);
        for (var pair = rope.PairCount - 1; pair >= 0; pair--)
        {
            var (frequency, amplitude) = (rope.Frequency(pair), cross[pair].Magnitude);
            if (amplitude <= 0)
                continue;
            var rest = Math.IEEERemainder(cross[pair].Phase - offset * frequency, 2 * Math.PI) / frequency;
            var own = amplitude * frequency * frequency;
            weight += own;
            offset += rest * own / weight;
        }
        var rounded = Math.Round(offset);
        var agreement = 0.0;
        for (var pair = 0; pair < rope.PairCount; pair++)
            agreement += cross[pair].Magnitude * Math.Cos(cross[pair].Phase - rounded * rope.Frequency(pair));
        var coherence = Math.Clamp(agreement / power, 0, 1);
        return Math.Abs(rounded) <= most && coherence >= LeastCoherence ? new((int)rounded, coherence) : null;
    }
}
