using MathNet.Numerics.Distributions;

namespace SelfPrompt.Agent.Statistics;

/// <summary>How likely so many events or more are by chance.</summary>
internal static class Tails
{
    private const int MostTrials = 100_000;

    public static double Poisson(double expected, long events) => events <= 0 ? 1 : Math.Clamp(1 - new Poisson(Math.Max(expected, 1e-9)).CumulativeDistribution(events - 1), 0, 1);

    /// <param name="probability">Of an event in one trial, were nothing wrong.</param>
    public static double Binomial(double probability, long trials, long events)
    {
        if (events <= 0 || trials <= 0)
            return 1;
        // Beyond so many trials the same share of fewer is taken: less sure, never more.
        var taken = (int)Math.Min(trials, MostTrials);
        var least = (int)(events * (double)taken / trials) - 1;
        return least < 0 ? 1 : Math.Clamp(1 - MathNet.Numerics.Distributions.Binomial.CDF(probability, taken, least), 0, 1);
    }
}
