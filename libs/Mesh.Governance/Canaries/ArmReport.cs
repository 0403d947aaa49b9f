namespace Mesh.Governance.Canaries;

/// <summary>What routers measured of a canary, both sides of it.</summary>
/// <param name="Proposal">The proposal that is tried.</param>
/// <param name="Run">Which start of a router's process counted, by chance: another one has lost what was counted before. Null in a sum.</param>
public sealed record CanaryReport(string Proposal, ArmReport Control, ArmReport Candidate, string? Run = null)
{
    /// <summary>Two routers' measurements together.</summary>
    public static CanaryReport operator +(CanaryReport a, CanaryReport b) => new(a.Proposal, a.Control + b.Control, a.Candidate + b.Candidate);
}

/// <summary>One side of a canary.</summary>
/// <param name="Sessions">That drew a token or ended with an error.</param>
/// <param name="Errors">Sessions that ended with an error of the mesh's.</param>
/// <param name="Latencies">Counts of tokens by <see cref="LatencyBuckets"/>.</param>
/// <param name="Own">The mean log-probability, per session, that the mixture gave to the tokens it chose.</param>
/// <param name="Prompt">The same of the prompts' tokens, where it is known.</param>
/// <param name="Feedback">+1 and -1 of people.</param>
public sealed record ArmReport(long Sessions, long Errors, IReadOnlyList<long> Latencies, Moments Own, Moments Prompt, Moments Feedback)
{
    public static ArmReport Empty { get; } = new(0, 0, new long[LatencyBuckets.Count], default, default, default);

    public static ArmReport operator +(ArmReport a, ArmReport b) => new(
        a.Sessions + b.Sessions, a.Errors + b.Errors, [.. a.Latencies.Zip(b.Latencies, (x, y) => x + y)], a.Own + b.Own, a.Prompt + b.Prompt, a.Feedback + b.Feedback);
}

/// <summary>Number, sum and sum of squares: enough for a mean and its interval, and they add up over routers.</summary>
public readonly record struct Moments(long Count, double Sum, double Squares)
{
    public double Mean => Count > 0 ? Sum / Count : 0;

    /// <summary>Of one value; 0 below two values.</summary>
    public double Variance => Count > 1 ? Math.Max(0, (Squares - Sum * Sum / Count) / (Count - 1)) : 0;

    public Moments With(double value) => new(Count + 1, Sum + value, Squares + value * value);

    public static Moments operator +(Moments a, Moments b) => new(a.Count + b.Count, a.Sum + b.Sum, a.Squares + b.Squares);
}

/// <summary>Buckets of a token's time, eight to a doubling, from 0.1 ms to about 100 s: 9 % wide.</summary>
public static class LatencyBuckets
{
    public const int Count = 160;
    private const double Least = 0.1;
    private const double PerDoubling = 8;

    public static int Of(double milliseconds) =>
        milliseconds > Least ? (int)Math.Min(Count - 1, Math.Log2(milliseconds / Least) * PerDoubling) : 0;

    /// <summary>The upper edge of a bucket in milliseconds.</summary>
    public static double Edge(int bucket) => Least * Math.Pow(2, (bucket + 1) / PerDoubling);

    /// <summary>The upper edge of the bucket that holds the <paramref name="rank"/>-th smallest of <paramref name="counts"/>, 1 is the first; 0 when there is none.</summary>
    public static double At(IReadOnlyList<long> counts, long rank)
    {
        var seen = 0L;
        for (var i = 0; i < counts.Count; i++)
            if ((seen += counts[i]) >= rank && counts[i] > 0)
                return Edge(i);
        return 0;
    }
}
