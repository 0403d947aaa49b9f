using System.Diagnostics;
using Mesh.Inference.Decoding;
using Mesh.Inference.Native;

namespace Mesh.Bench.Inference;

/// <summary>What llama_decode itself costs by batch size and by cells in use: processor time, so that a busy machine blurs it little.</summary>
internal static class BatchBench
{
    public static int Run(string[] arguments)
    {
        var path = Path.GetFullPath(arguments is [var first, ..] ? first : "models/arithmetic.gguf");
        using var model = ModelHandle.Load(path, vocabularyOnly: false, gpuLayers: 0, progress: null);
        Console.WriteLine("unified  tokens  used cells   us/decode    us/token");
        foreach (var unified in (byte[])[1, 0])
        {
            foreach (var size in (int[])[1, 2, 4, 8, 16, 32])
                Measure(model, unified, size, 0);
            if (unified == 1)
                foreach (var used in (int[])[512, 1024, 2048, 3500])
                    Measure(model, unified, 1, used);
        }
        return 0;
    }

    private static void Measure(ModelHandle model, byte unified, int size, int used)
    {
        const int Rounds = 60;
        var parameters = ContextHandle.DefaultParams();
        (parameters.Threads, parameters.BatchThreads, parameters.UnifiedKv, parameters.MaxSequences, parameters.Cells) = (1, 1, unified, 64, unified == 1 ? 4096u : 64 * 256u);
        using var context = ContextHandle.Create(model, parameters);
        using var batch = new BatchBuffer(512);
        for (var at = 0; at < used; at += 256)
        {
            batch.Clear();
            for (var i = 0; i < 256; i++)
                batch.Add(5, i, 40 + at / 256, i == 255);
            context.Decode(batch.Native);
        }
        var cpu = TimeSpan.Zero;
        for (var round = -10; round < Rounds; round++)
        {
            batch.Clear();
            for (var s = 0; s < size; s++)
                batch.Add(5 + s, round + 10, s, true);
            if (round == 0)
                cpu = Process.GetCurrentProcess().TotalProcessorTime;
            if (context.Decode(batch.Native) != DecodeResult.Ok)
                throw new InvalidOperationException("llama_decode failed.");
        }
        var us = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMicroseconds / Rounds;
        Console.WriteLine($"{unified,7}{size,8}{used,12}{us,12:f0}{us / size,12:f0}");
    }
}
