using System.Diagnostics;
using Mesh.Inference.Decoding;
using Mesh.Inference.Native;

namespace Mesh.Inference.Loading;

/// <summary>What a short real decode showed: tokens per second of a prompt and of one generating session, and the threads that were best for each.</summary>
internal readonly record struct Speed(float Prompt, int PromptThreads, float Generated, int GeneratedThreads);

/// <summary>A short real decode, so that an expert can say at once what it will do.</summary>
internal static class SpeedTest
{
    private const int Prompt = 64;
    private const int Generated = 12;

    /// <summary>On a busy machine a few tokens must do: threads that wait for each other may take seconds for each.</summary>
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(1);

    /// <summary>Several threads must win by this: they wait for each other spinning, and lose far more when something else wants their cores.</summary>
    private const float WorthThreads = 1.25f;

    /// <summary>Leaves the cache empty.</summary>
    public static Speed Run(ContextHandle context, int vocabulary, int contextLength, int threads, bool mayUseFewer)
    {
        var all = Measure(context, vocabulary, contextLength, threads);
        if (!mayUseFewer)
            return all;
        var one = Measure(context, vocabulary, contextLength, 1);
        var (prompt, generated) = (all.Prompt >= WorthThreads * one.Prompt ? all : one, all.Generated >= WorthThreads * one.Generated ? all : one);
        return new(prompt.Prompt, prompt.PromptThreads, generated.Generated, generated.GeneratedThreads);
    }

    private static Speed Measure(ContextHandle context, int vocabulary, int contextLength, int threads)
    {
        context.UseThreads(threads);
        var prompt = Math.Min(Math.Min(Prompt, context.BatchTokens), contextLength / 2);
        using var batch = new BatchBuffer(context.BatchTokens);
        Decode(context, batch, 0, Math.Min(prompt, 8), vocabulary); // the first decode also warms caches up
        context.Clear();
        var start = Stopwatch.GetTimestamp();
        Decode(context, batch, 0, prompt, vocabulary);
        var middle = Stopwatch.GetTimestamp();
        var (generated, most) = (0, Math.Min(Generated, contextLength - prompt));
        while (generated == 0 || generated < most && Stopwatch.GetElapsedTime(middle) < Enough)
            Decode(context, batch, prompt + generated++, 1, vocabulary);
        var end = Stopwatch.GetTimestamp();
        context.Clear();
        return new(
            (float)(prompt / Stopwatch.GetElapsedTime(start, middle).TotalSeconds), threads,
            (float)(generated / Stopwatch.GetElapsedTime(middle, end).TotalSeconds), threads);
    }

    private static void Decode(ContextHandle context, BatchBuffer batch, int position, int count, int vocabulary)
    {
        batch.Clear();
        for (var i = 0; i < count; i++)
            batch.Add((position + i) * 31 % vocabulary, position + i, 0, output: i == count - 1);
        if (context.Decode(batch.Native) is var result and not DecodeResult.Ok)
            throw new ModelLoadException($"The model loads but does not run: llama_decode answered {result}.");
    }
}
