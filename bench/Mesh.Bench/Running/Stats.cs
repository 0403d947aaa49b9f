namespace Mesh.Bench.Running;

/// <summary>What is said of several measurements: the middle one, never the best.</summary>
internal static class Stats
{
    public static double Median(this IEnumerable<double> values) => values.Percentile(0.5);

    /// <param name="share">0 to 1.</param>
    public static double Percentile(this IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
    }
}
