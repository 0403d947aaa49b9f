using System.Globalization;

namespace Mesh.Governance.Canaries;

public enum Verdict
{
    /// <summary>Too little was measured.</summary>
    Wait,
    Pass,
    Fail,
}

/// <param name="Reason">The gate that failed with its interval, or what was compared, for people.</param>
public sealed record Judgement(Verdict Verdict, string Reason);

/// <summary>
/// The health gates of a canary: the candidate fails a gate when it is worse than the control beyond chance (one-sided, z = 2.33, 1 % each) and beyond what people would notice.
/// Rates by Newcombe's interval of Wilson scores (Newcombe 1998, method 10), means by Welch's, the p99 by order statistics.
/// </summary>
public static class CanaryJudge
{
    private const double Z = 2.326;

    /// <summary>It is looked at after every session, and the first few may be anybody's: their mean says nothing of a side yet. Feedback is rare, and meant.</summary>
    private const int LeastForMeans = 8;

    private const double ErrorMargin = 0.01;      // a share of the sessions
    private const double LatencyMargin = 1.25;    // a ratio
    private const double LogMargin = 0.05;        // nats a token
    private const double FeedbackMargin = 0.1;    // of -1 to 1

    /// <param name="sessions">Least sessions on either side that gave an answer.</param>
    /// <param name="isLast">Whether there is no more time: then too little is a fail.</param>
    public static Judgement Judge(CanaryReport? report, int sessions, bool isLast)
    {
        var (control, candidate) = (report?.Control ?? ArmReport.Empty, report?.Candidate ?? ArmReport.Empty);
        // A candidate that breaks is not kept until enough of it is broken.
        if (Worse(control, candidate, Math.Min(sessions, LeastForMeans)) is { } fault)
            return new(Verdict.Fail, fault);
        // Sessions without a token of their own say nothing of the answers, however many they are.
        if (control.Own.Count >= sessions && candidate.Own.Count >= sessions)
            return new(Verdict.Pass, Summary(control, candidate));
        var seen = Text($"{candidate.Own.Count} sessions of the candidate and {control.Own.Count} of the control have answered, {sessions} of each are needed");
        return isLast ? new(Verdict.Fail, $"The canary saw too little traffic in its time: {seen}.") : new(Verdict.Wait, seen);
    }

    /// <param name="least">Sessions that a mean is judged by.</param>
    private static string? Worse(ArmReport control, ArmReport candidate, int least)
    {
        if (Rise(control.Errors, control.Sessions, candidate.Errors, candidate.Sessions) is > ErrorMargin and var errors)
            return Text($"error rate: {candidate.Errors} of {candidate.Sessions} sessions failed, {control.Errors} of {control.Sessions} of the control; at least {100 * errors:0.0} points more");
        if (Slower(control.Latencies, candidate.Latencies) is { } latency)
            return latency;
        return Lower("log-probability of its own tokens", control.Own, candidate.Own, LogMargin, "nats", least)
            ?? Lower("log-probability of the prompts' tokens", control.Prompt, candidate.Prompt, LogMargin, "nats", least)
            ?? Lower("feedback", control.Feedback, candidate.Feedback, FeedbackMargin, "", least: 2);
    }

    /// <summary>The least by which the second rate is above the first, by the lower end of the interval of their difference.</summary>
    internal static double Rise(long errors, long n, long moreErrors, long m)
    {
        if (n == 0 || m == 0)
            return 0;
        var (p, q) = ((double)errors / n, (double)moreErrors / m);
        var (upper, lower) = (Wilson(p, n).Upper, Wilson(q, m).Lower);
        return q - p - Math.Sqrt((q - lower) * (q - lower) + (upper - p) * (upper - p));
    }

    internal static (double Lower, double Upper) Wilson(double p, long n)
    {
        var z2 = Z * Z;
        var centre = (p + z2 / (2 * n)) / (1 + z2 / n);
        var half = Z / (1 + z2 / n) * Math.Sqrt(p * (1 - p) / n + z2 / (4.0 * n * n));
        return (Math.Max(0, centre - half), Math.Min(1, centre + half));
    }

    private static string? Slower(IReadOnlyList<long> control, IReadOnlyList<long> candidate)
    {
        var (n, m) = (control.Sum(), candidate.Sum());
        if (n < 100 || m < 100)
            return null;
        // The lower end of the candidate's p99 against the upper end of the control's, ranks from the binomial's normal approximation.
        var (low, high) = (LatencyBuckets.At(candidate, Rank(m, -1)), LatencyBuckets.At(control, Rank(n, 1)));
        return low > high * LatencyMargin
            ? Text($"p99 of a token: at least {low:0.#} ms, at most {high:0.#} ms of the control")
            : null;

        static long Rank(long count, int side) => Math.Clamp((long)Math.Round(0.99 * count + side * Z * Math.Sqrt(0.99 * 0.01 * count)), 1, count);
    }

    private static string? Lower(string name, Moments control, Moments candidate, double margin, string unit, int least)
    {
        if (control.Count < Math.Max(2, least) || candidate.Count < Math.Max(2, least))
            return null;
        var (a, b) = (control.Variance / control.Count, candidate.Variance / candidate.Count);
        // Welch-Satterthwaite: of two or three sessions on a side that happen to be alike nothing follows.
        var degrees = a + b > 0 ? (a + b) * (a + b) / (a * a / (control.Count - 1) + b * b / (candidate.Count - 1)) : Math.Min(control.Count, candidate.Count) - 1;
        var error = Student(degrees) * Math.Sqrt(a + b);
        var drop = control.Mean - candidate.Mean - error;
        return drop > margin ? Text($"{name}: mean {candidate.Mean:0.###} against {control.Mean:0.###}, at least {drop:0.###} {unit} lower").TrimEnd() : null;
    }

    /// <summary>The quantile of Student's t that <see cref="Z"/> is of the normal distribution: the first terms of its expansion in 1 / degrees of freedom (Fisher and Cornish 1960).</summary>
    internal static double Student(double degrees)
    {
        const double z3 = Z * Z * Z, z5 = z3 * Z * Z, z7 = z5 * Z * Z;
        return Z + (z3 + Z) / (4 * degrees) + (5 * z5 + 16 * z3 + 3 * Z) / (96 * degrees * degrees) + (3 * z7 + 19 * z5 + 17 * z3 - 15 * Z) / (384 * degrees * degrees * degrees);
    }

    private static string Summary(ArmReport control, ArmReport candidate) => Text(
        $"{candidate.Sessions} sessions against {control.Sessions}: errors {candidate.Errors} against {control.Errors}, p99 of a token {P99(candidate):0.#} against {P99(control):0.#} ms, own tokens {candidate.Own.Mean:0.###} against {control.Own.Mean:0.###} nats");

    private static double P99(ArmReport arm) => LatencyBuckets.At(arm.Latencies, (long)Math.Ceiling(0.99 * arm.Latencies.Sum()));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
