using System.Diagnostics;
using Mesh.Bench.Running;
using Mesh.Contracts.Steps;
using Mesh.Inference.Sparse;

namespace Mesh.Bench.Inference;

/// <summary>What one row of logits costs beyond the model: log-sum-exp and the tokens that matter.</summary>
internal static class RowBench
{
    public const string Help = """
        What a row of logits costs beyond the model: log-sum-exp and the cut to the tokens that matter, over 4,096, 49,152 and 128,256 random logits, normal with
        a spread of 2.5 (like a model's), 8 (steep) and 0.05 (flat). Aim over 128,256: <= 120 us, 0 bytes.
        """;

    public static int Run()
    {
        Console.WriteLine("| vocabulary | shape | median us | lowest us | bytes allocated a row | entries |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var vocabulary in (int[])[4_096, 49_152, 128_256])
            foreach (var (name, temperature) in (ReadOnlySpan<(string, float)>)[("model-like", 2.5f), ("steep", 8f), ("flat", 0.05f)])
                Measure(vocabulary, name, temperature);
        Aim.Print();
        return 0;
    }

    private static void Measure(int vocabulary, string name, float spread)
    {
        var random = new Random(1);
        var row = new float[vocabulary];
        foreach (ref var logit in row.AsSpan())
            logit = spread * (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        var top = new TopTokens();
        var into = new SparseDistribution();
        for (var n = 0; n < 2000; n++)
            Once();
        var times = new double[500];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < times.Length; n++)
        {
            var start = Stopwatch.GetTimestamp();
            Once();
            times[n] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Array.Sort(times);
        Console.WriteLine($"| {vocabulary:n0} | {name} | {times[times.Length / 2]:0.0} | {times[0]:0.0} | {bytes / (double)times.Length:0.#} | {into.Count} |");
        if (vocabulary == 128_256)
            Aim.AtMost($"(e) 128,256 logits, {name}, us", 120, times[times.Length / 2], "0");

        void Once()
        {
            into.Clear();
            var logSumExp = RowReduction.LogSumExp(row, out var max);
            top.Extract(row, max, logSumExp, into);
        }
    }
}
