namespace SelfPrompt.Agent.Statistics;

/// <summary>Percentile bootstrap over whole prompts (Efron 1979) for what no mean says: how much smaller a quantile of all tokens is.</summary>
internal static class PairedResampling
{
    private const int Draws = 10_000;   // a chance of one in as many is the smallest that can be seen: Holm asks for less than one in a thousand

    /// <param name="now">Per prompt, its tokens' milliseconds; the same prompts in <paramref name="with"/>.</param>
    public static Paired OfQuantile(IReadOnlyList<IReadOnlyList<double>> now, IReadOnlyList<IReadOnlyList<double>> with, double quantile)
    {
        var random = new Random(1);
        var (before, after) = (new Pool(now), new Pool(with));
        var drawn = new int[now.Count];
        Array.Fill(drawn, 1);
        var gain = Gain();
        var draws = new double[Draws];
        for (var draw = 0; draw < Draws; draw++)
        {
            Array.Clear(drawn);
            for (var i = 0; i < drawn.Length; i++)
                drawn[random.Next(drawn.Length)]++;
            draws[draw] = Gain();
        }
        Array.Sort(draws);
        return new(now.Count, gain, draws[(int)(0.025 * Draws)], draws[(int)(0.975 * Draws)], (1 + draws.Count(d => d <= 0)) / (Draws + 1.0));

        double Gain() => before.Quantile(drawn, quantile) - after.Quantile(drawn, quantile);
    }

    public static double Quantile(IEnumerable<double> values, double quantile)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(quantile * sorted.Length))];
    }

    /// <summary>All tokens, slowest first, each with its prompt: sorted once, so that a high quantile of a draw is a few steps from the top.</summary>
    private sealed class Pool(IReadOnlyList<IReadOnlyList<double>> samples)
    {
        private readonly (double Value, int Prompt)[] _values = [.. samples.SelectMany((values, prompt) => values.Select(value => (value, prompt))).OrderByDescending(v => v.value)];

        /// <param name="drawn">How often each prompt was.</param>
        public double Quantile(int[] drawn, double quantile)
        {
            var count = 0;
            for (var prompt = 0; prompt < drawn.Length; prompt++)
                count += drawn[prompt] * samples[prompt].Count;
            var above = count - Math.Min(count - 1, (int)(quantile * count));
            foreach (var (value, prompt) in _values)
                if ((above -= drawn[prompt]) <= 0 && drawn[prompt] > 0)
                    return value;
            return 0;
        }
    }
}
