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

/// <summary>A mean with its 95 % interval.</summary>
internal readonly record struct Interval(double Mean, double Half)
{
    private static readonly double[] Student = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];   // two-sided 95 %, 1 to 9 degrees of freedom

    /// <summary>Of 2 to 10 rounds.</summary>
    public static Interval Of(IReadOnlyCollection<double> rounds)
    {
        var mean = rounds.Average();
        return new(mean, Student[rounds.Count - 2] * Math.Sqrt(rounds.Sum(v => (v - mean) * (v - mean)) / (rounds.Count - 1) / rounds.Count));
    }

    public string ToString(string format) => $"{Mean.ToString(format)} ± {Half.ToString(format)}";
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
