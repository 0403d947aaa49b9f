using System.Diagnostics;
using Mesh.Bench.Running;
using Mesh.Inference.Decoding;
using Mesh.Inference.Native;

namespace Mesh.Bench.Inference;

/// <summary>
/// What llama_decode itself costs by number of sessions and by the context's settings: each session holds 96 tokens and decodes one more at a time, all in
/// one batch. The settings take turns, so that whatever else the machine does hits all alike; the lowest tenth of the wall times.
/// </summary>
internal static class BatchBench
{
    public const string Help = """
        Microseconds of one llama_decode with 1, 2, 4 and 8 sessions of 96 tokens in the batch, with and without flash attention, K/V in half precision,
        one cache for all or a stream for each session, one or two threads: the lowest tenth of the wall times.
        model: a GGUF file, models/arithmetic.gguf unless given.
        """;

    private const int Held = 96, Decodes = 80;
    private static readonly int[] Sessions = [1, 2, 4, 8];

    private sealed record Setting(string Name, int FlashAttention, int CacheType, byte Unified, int Threads);

    private static readonly Setting[] Settings =
    [
        new("flash f16 unified", 1, 1, 1, 1),
        new("plain f16 unified", 0, 1, 1, 1),
        new("flash f16 streams", 1, 1, 0, 1),
        new("plain f16 streams", 0, 1, 0, 1),
        new("flash f16 unified, 2 threads", 1, 1, 1, 2), new("plain f16 unified, 2 threads", 0, 1, 1, 2),
    ];

    public static int Run(string[] arguments)
    {
        var path = arguments is [var first, ..] ? Arguments.File(first) : Models.Arithmetic;
        using var model = ModelHandle.Load(path, vocabularyOnly: false, gpuLayers: 0, progress: null);
        Console.WriteLine($"| {Path.GetFileName(path)}, us a decode | {string.Join(" | ", Sessions.Select(s => $"{s} sessions"))} | 8 against 1 |");
        Console.WriteLine($"| --- |{string.Concat(Enumerable.Repeat(" --- |", Sessions.Length + 1))}");
        foreach (var setting in Settings)
        {
            var medians = Sessions.Select(sessions => Measure(model, setting, sessions)).ToArray();
            Console.WriteLine($"| {setting.Name} | {string.Join(" | ", medians.Select(m => $"{m:0}"))} | {8 * medians[0] / medians[^1]:0.00} |");
        }
        return 0;
    }

    private static double Measure(ModelHandle model, Setting setting, int sessions)
    {
        var parameters = ContextHandle.DefaultParams();
        (parameters.Threads, parameters.BatchThreads, parameters.UnifiedKv) = (setting.Threads, setting.Threads, setting.Unified);
        (parameters.MaxSequences, parameters.Cells) = (8, 8 * 512);
        (parameters.FlashAttention, parameters.TypeK, parameters.TypeV) = (setting.FlashAttention, setting.CacheType, setting.CacheType);
        using var context = ContextHandle.Create(model, parameters);
        using var pool = setting.Threads > 1 ? ThreadPoolHandle.TryCreate(model, setting.Threads) : null;
        if (pool is not null)
            context.Attach(pool);
        using var batch = new BatchBuffer(512);
        for (var s = 0; s < sessions; s++)
        {
            batch.Clear();
            for (var i = 0; i < Held; i++)
                batch.Add(5 + i, i, s, i == Held - 1);
            context.Decode(batch.Native);
        }
        var times = new List<double>();
        for (var n = 0; n < Decodes; n++)
        {
            batch.Clear();
            for (var s = 0; s < sessions; s++)
                batch.Add(5 + s, Held + n, s, true);
            var start = Stopwatch.GetTimestamp();
            if (context.Decode(batch.Native) != DecodeResult.Ok)
                throw new InvalidOperationException("llama_decode failed.");
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
        times.Sort();
        return times[times.Count / 10]; // The lowest tenth: what the machine does when nothing else wants its cores.
    }
}
