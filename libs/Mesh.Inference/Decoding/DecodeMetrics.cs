using System.Diagnostics;
using System.Diagnostics.Metrics;
using Mesh.Chorus.Windows;

namespace Mesh.Inference.Decoding;

/// <summary>What one expert's decode loop tells a collector: meter <c>Mesh.Inference</c>. Costs a comparison where nobody listens.</summary>
internal readonly struct DecodeMetrics(string expert, BatchWindow? window)
{
    private static readonly Meter Meter = new("Mesh.Inference");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "mesh.decode.duration", "ms", "Time of one llama_decode, by expert.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096] });
    private static readonly Histogram<int> Batch = Meter.CreateHistogram(
        "mesh.decode.batch", "{token}", "Tokens of one llama_decode, of all sessions together, by expert.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048] });

    private static readonly Histogram<int> Sessions = Meter.CreateHistogram(
        "mesh.decode.sessions", "{session}", "Sessions of one llama_decode, by expert and window policy.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });
    private static readonly Gauge<double> Gain = Meter.CreateGauge<double>(
        "mesh.window.gain", "1", "What waiting for all expected sessions was worth when last tried: 0.1 is a tenth more steps a second than beginning at once.");
    private static readonly KeyValuePair<string, object?>[] Policies = [.. Enum.GetValues<WindowPolicy>().Select(p => new KeyValuePair<string, object?>("policy", p.ToString()))];

    private readonly KeyValuePair<string, object?> _expert = new("expert", expert);

    public static long Begin() => Duration.Enabled ? Stopwatch.GetTimestamp() : 0;

    public void End(long begun, int tokens, int sessions)
    {
        if (begun != 0)
            Duration.Record(Stopwatch.GetElapsedTime(begun).TotalMilliseconds, _expert);
        Batch.Record(tokens, _expert);
        if (window is null)
            return;
        Sessions.Record(sessions, _expert, Policies[(int)window.Policy]);
        if (window.Trial is { Trials: > 0 } trial)
            Gain.Record(trial.Gain, _expert);
    }
}
