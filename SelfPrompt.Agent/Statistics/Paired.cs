using MathNet.Numerics.Distributions;
using SelfPrompt.Agent.Findings;

namespace SelfPrompt.Agent.Statistics;

/// <summary>A difference of pairs with its 95 % interval and how likely so large a one would be by chance, by Student's t.</summary>
/// <param name="Chance">One-sided p value of a mean above 0; 1 with fewer than two pairs.</param>
internal readonly record struct Paired(int Samples, double Mean, double Low, double High, double Chance)
{
    public const double Confidence = 0.95;

    /// <param name="gains">One a pair, positive is better.</param>
    public static Paired Of(IReadOnlyList<double> gains)
    {
        var (count, mean) = (gains.Count, gains.Count == 0 ? 0 : gains.Average());
        if (count < 2)
            return new(count, mean, double.NegativeInfinity, double.PositiveInfinity, 1);
        var error = Math.Sqrt(gains.Sum(g => (g - mean) * (g - mean)) / (count - 1) / count);
        // Pairs that are all equal, as two runs of the same settings, say nothing beyond themselves.
        if (error == 0)
            return new(count, mean, mean, mean, mean > 0 ? 0 : 1);
        var student = new StudentT(0, 1, count - 1);
        var half = student.InverseCumulativeDistribution((1 + Confidence) / 2) * error;
        return new(count, mean, mean - half, mean + half, 1 - student.CumulativeDistribution(mean / error));
    }

    /// <summary>As something that can be promised.</summary>
    public Estimate Estimate(string metric, string unit, double now, double with) => new(metric, unit, now, with, Mean, Low, High, Samples);
}
