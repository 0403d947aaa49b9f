using System.Diagnostics;
using Mesh.Inference.Decoding;
using Mesh.Inference.Native;

namespace Mesh.Inference.Loading;

/// <summary>A short real decode, so that an expert can say at once what it will do.</summary>
internal static class SpeedTest
{
    private const int Prompt = 64;
    private const int Generated = 12;

    /// <summary>Tokens per second of a prompt and of one generating session. Leaves the cache empty.</summary>
    public static (float Prompt, float Generated) Run(ContextHandle context, int vocabulary, int contextLength)
    {
        var prompt = Math.Min(Math.Min(Prompt, context.BatchTokens), contextLength / 2);
        using var batch = new BatchBuffer(context.BatchTokens);
        Decode(context, batch, 0, prompt, vocabulary); // the first decode also warms caches up
        context.Clear();
        var start = Stopwatch.GetTimestamp();
        Decode(context, batch, 0, prompt, vocabulary);
        var middle = Stopwatch.GetTimestamp();
        var generated = Math.Min(Generated, contextLength - prompt);
        for (var i = 0; i < generated; i++)
            Decode(context, batch, prompt + i, 1, vocabulary);
        var end = Stopwatch.GetTimestamp();
        context.Clear();
        return ((float)(prompt / Stopwatch.GetElapsedTime(start, middle).TotalSeconds), (float)(generated / Stopwatch.GetElapsedTime(middle, end).TotalSeconds));
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
