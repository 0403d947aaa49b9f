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

/// <summary>The aim of the project beside what was measured, met or not.</summary>
internal static class Aim
{
    public static void AtLeast(string what, double aim, double measured, string format = "0.00") => Say(what, $">= {aim.ToString(format)}", measured.ToString(format), measured >= aim);

    public static void AtMost(string what, double aim, double measured, string format = "0.00") => Say(what, $"<= {aim.ToString(format)}", measured.ToString(format), measured <= aim);

    private static void Say(string what, string aim, string measured, bool met) =>
        Lines.Add($"- {what}: {measured}, aim {aim}: {(met ? "met" : "**missed**")}");

    private static readonly List<string> Lines = [];

    /// <summary>All that were said, as a list behind the tables.</summary>
    public static void Print()
    {
        Console.WriteLine();
        Lines.ForEach(Console.WriteLine);
    }
}
