using System.Diagnostics;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Inference;
using Mesh.Inference.Native;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Bench.Inference;

/// <summary>Tokens per second of a bare libllama loop, of one session through <see cref="LlamaExpert"/>, and of eight at once: same model, threads and process.</summary>
internal static class DecodeBench
{
    private const int Tokens = 200;

    public static async Task<int> RunAsync(string[] models)
    {
        if (models.Length == 0)
            models = ["models/arithmetic.gguf"];
        Console.WriteLine("model                            threads       bare        one      ratio      eight      ratio");
        foreach (var model in models)
            await MeasureAsync(Path.GetFullPath(model));
        return 0;
    }

    private static async Task MeasureAsync(string path)
    {
        var spec = new ExpertSpec { Id = ExpertId.Parse("bench"), ModelPath = path, Threads = Environment.GetEnvironmentVariable("MESH_BENCH_THREADS") is { } threads ? int.Parse(threads) : null };
        await using var expert = await LlamaExpert.LoadAsync(spec, new(), NullLogger.Instance);
        var (bare, one, eight) = (0d, 0d, 0d);
        for (var round = 0; round < 3; round++)
        {
            bare = Math.Max(bare, Bare(path, expert.Card.Threads));
            one = Math.Max(one, await SessionsAsync(expert, 1));
            eight = Math.Max(eight, await SessionsAsync(expert, 8));
        }
        Console.WriteLine($"{Path.GetFileName(path),-32}{expert.Card.Threads,8}{bare,11:f0}{one,11:f0}{one / bare,11:f3}{eight,11:f0}{eight / one,11:f2}");
    }

    private static unsafe double Bare(string path, int threads)
    {
        using var model = ModelHandle.Load(path, vocabularyOnly: false, gpuLayers: 0, progress: null);
        using var pool = threads > 1 ? ThreadPoolHandle.TryCreate(threads) : null;
        var parameters = ContextHandle.DefaultParams();
        (parameters.Threads, parameters.BatchThreads) = (threads, threads);
        using var context = ContextHandle.Create(model, parameters);
        if (pool is not null)
            context.Attach(pool);
        var vocabulary = Vocabulary.llama_vocab_n_tokens(model.Vocabulary);
        var token = 5;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Tokens; i++)
        {
            context.Decode(new Batch { TokenCount = 1, Tokens = &token });
            token = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(context.Logits(-1, vocabulary));
        }
        return Tokens / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> SessionsAsync(LlamaExpert expert, int sessions)
    {
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, sessions).Select(n => Task.Run(() => SessionAsync(expert, 5 + n))));
        return sessions * Tokens / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task SessionAsync(LlamaExpert expert, int token)
    {
        var (request, reply) = (new StepRequest(), new StepReply());
        var session = SessionId.New();
        for (var i = 0; i < Tokens; i++)
        {
            request.Reset(session, (uint)i, i);
            request.Append(token);
            request.Scores = 1;
            await expert.StepAsync(request, reply, CancellationToken.None);
            if (reply.Status != StepStatus.Ok)
                throw new InvalidOperationException($"The expert answered {reply.Status}.");
            token = Best(reply.Distributions[0]);
        }
        expert.Release(session);
    }

    private static int Best(SparseDistribution distribution)
    {
        var best = 0;
        for (var i = 1; i < distribution.Count; i++)
            if (distribution.LogProbabilities[i] > distribution.LogProbabilities[best])
                best = i;
        return distribution.Ids[best];
    }
}
