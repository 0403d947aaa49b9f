using MathNet.Numerics.Distributions;

namespace SelfPrompt.Agent.Statistics;

/// <summary>A difference of two means that are no pairs, with degrees of freedom after Welch (1947): each side brings its own variance.</summary>
internal static class Welch
{
    /// <param name="mean">Of the first side, which is known by its numbers alone.</param>
    /// <param name="variance">Of one sample of it.</param>
    /// <param name="samples">So many samples.</param>
    /// <param name="second">The other side, sample by sample; what is told is how much smaller its mean is.</param>
    public static Paired Of(double mean, double variance, long samples, IReadOnlyList<double> second)
    {
        var gain = mean - (second.Count == 0 ? 0 : second.Average());
        if (samples < 2 || second.Count < 2)
            return new(second.Count, gain, double.NegativeInfinity, double.PositiveInfinity, 1);
        var average = second.Average();
        var (a, b) = (variance / samples, second.Sum(s => (s - average) * (s - average)) / (second.Count - 1) / second.Count);
        if (a + b == 0)
            return new(second.Count, gain, gain, gain, gain > 0 ? 0 : 1);
        var student = new StudentT(0, 1, (a + b) * (a + b) / (a * a / (samples - 1) + b * b / (second.Count - 1)));
        var error = Math.Sqrt(a + b);
        var half = student.InverseCumulativeDistribution((1 + Paired.Confidence) / 2) * error;
        return new(second.Count, gain, gain - half, gain + half, 1 - student.CumulativeDistribution(gain / error));
    }
}
