namespace SelfPrompt.Agent.Statistics;

/// <summary>Percentile bootstrap over whole prompts (Efron 1979) for what no mean says: how much smaller a quantile of all tokens is.</summary>
internal static class PairedResampling
{
    private const int Draws = 1000;

    /// <param name="now">Per prompt, its tokens' milliseconds; the same prompts in <paramref name="with"/>.</param>
    public static Paired OfQuantile(IReadOnlyList<IReadOnlyList<double>> now, IReadOnlyList<IReadOnlyList<double>> with, double quantile)
    {
        var random = new Random(1);
        var all = Enumerable.Range(0, now.Count).ToArray();
        var gain = Gain(all);
        var draws = Enumerable.Range(0, Draws).Select(_ => Gain([.. all.Select(_ => random.Next(all.Length))])).Order().ToArray();
        return new(now.Count, gain, draws[(int)(0.025 * Draws)], draws[(int)(0.975 * Draws)], (1 + draws.Count(d => d <= 0)) / (Draws + 1.0));

        double Gain(int[] prompts) => Quantile(Pool(now, prompts), quantile) - Quantile(Pool(with, prompts), quantile);
    }

    public static double Quantile(IEnumerable<double> values, double quantile)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(quantile * sorted.Length))];
    }

    private static List<double> Pool(IReadOnlyList<IReadOnlyList<double>> samples, int[] prompts)
    {
        var pool = new List<double>();
        foreach (var prompt in prompts)
            pool.AddRange(samples[prompt]);
        return pool;
    }
}
