using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mesh.Inference.Decoding;

/// <summary>What one expert's decode loop tells a collector: meter <c>Mesh.Inference</c>. Costs a comparison where nobody listens.</summary>
internal readonly struct DecodeMetrics(string expert)
{
    private static readonly Meter Meter = new("Mesh.Inference");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "mesh.decode.duration", "ms", "Time of one llama_decode, by expert.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096] });
    private static readonly Histogram<int> Batch = Meter.CreateHistogram(
        "mesh.decode.batch", "{token}", "Tokens of one llama_decode, of all sessions together, by expert.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048] });

    private readonly KeyValuePair<string, object?> _expert = new("expert", expert);

    public static long Begin() => Duration.Enabled ? Stopwatch.GetTimestamp() : 0;

    public void End(long begun, int tokens)
    {
        if (begun == 0)
            return;
        Duration.Record(Stopwatch.GetElapsedTime(begun).TotalMilliseconds, _expert);
        Batch.Record(tokens, _expert);
    }
}
