using System.Diagnostics.Metrics;
using Mesh.Contracts.Experts;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>What the token loop counts, under the meter <see cref="MeterName"/>.</summary>
public static class EnsembleMetrics
{
    public const string MeterName = "Mesh.Ensemble";

    // The usual buckets begin at 5: a token of a small model takes a tenth of that.
    private static readonly InstrumentAdvice<double> Milliseconds =
        new() { HistogramBucketBoundaries = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192] };
    private static readonly InstrumentAdvice<double> Shares = new() { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99] };
    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>("mesh.tokens", "{token}", "Tokens chosen.");
    private static readonly Counter<long> Drops = Meter.CreateCounter<long>("mesh.drops", "{answer}", "Answers not used, by expert and reason.");
    private static readonly Counter<long> Bytes = Meter.CreateCounter<long>("mesh.bytes", "By", "Bytes of answers on the wire, by expert.");
    private static readonly Counter<long> Drafts = Meter.CreateCounter<long>("mesh.drafts", "{token}", "Draft tokens by outcome.");
    private static readonly Histogram<double> StepTime = Meter.CreateHistogram("mesh.step.duration", "ms", "Time of a step, by expert.", advice: Milliseconds);
    private static readonly Histogram<double> Awaited =
        Meter.CreateHistogram("mesh.awaited", "ms", "Past its deadline, an answer that was worth waiting for, by expert.", advice: Milliseconds);
    private static readonly Histogram<double> TokenTime = Meter.CreateHistogram("mesh.token.duration", "ms", "From the question to the choice.", advice: Milliseconds);
    private static readonly Histogram<double> Weight = Meter.CreateHistogram("mesh.weight", "1", "Share of the mixture, by expert.", advice: Shares);

    private static readonly KeyValuePair<string, object?> Accepted = new("outcome", "accepted"), Rejected = new("outcome", "rejected");

    internal static void OnRound(TimeSpan elapsed, int tokens)
    {
        TokenTime.Record(elapsed.TotalMilliseconds);
        Tokens.Add(tokens);
    }

    internal static void OnStep(ExpertId expert, TimeSpan elapsed, int bytes)
    {
        StepTime.Record(elapsed.TotalMilliseconds, Tag(expert));
        Bytes.Add(bytes, Tag(expert));
    }

    internal static void OnDropped(ExpertId expert, string reason) => Drops.Add(1, Tag(expert), new("reason", reason));

    internal static void OnAwaited(ExpertId expert, TimeSpan past) => Awaited.Record(past.TotalMilliseconds, Tag(expert));

    internal static void OnWeight(ExpertId expert, float weight) => Weight.Record(weight, Tag(expert));

    internal static void OnDrafts(int accepted, int rejected)
    {
        Drafts.Add(accepted, Accepted);
        Drafts.Add(rejected, Rejected);
    }

    private static KeyValuePair<string, object?> Tag(ExpertId expert) => new("expert", expert.Value);
}
