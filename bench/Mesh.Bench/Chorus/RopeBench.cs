using System.Diagnostics;
using Mesh.Bench.Running;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Inference;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Bench.Chorus;

/// <summary>Two sessions of one model on a real K/V cache, one behind a prefix: whether the rotation of their keys tells how long it is, and what looking costs.</summary>
internal static class RopeBench
{
    public const string Help = """
        Tokens of 64 common ones whose keys in two sessions' caches are apart by the prefix that one of them has, and milliseconds of a comparison (the median of 5),
        on arithmetic.gguf and on SmolLM2 where it is. Aim: 64 of 64.
        """;

    private const int Common = 64, Looks = 5;
    private static readonly int[] Prefixes = [0, 1, 10, 100, 800];

    public static async Task RunAsync()
    {
        Console.WriteLine("| model | prefix | offset found | tokens that tell it | ms a look |");
        Console.WriteLine("| --- | --- | --- | --- | --- |");
        var (tell, all) = (0, 0);
        foreach (var model in Models.Both)
        {
            await using var expert = await LlamaExpert.LoadAsync(new() { Id = ExpertId.Parse("rope"), ModelPath = model }, new() { MaxContext = 1024 }, NullLogger.Instance);
            foreach (var prefix in Prefixes.Where(p => p + Common <= expert.Card.ContextLength))
            {
                var (first, second) = (await HoldAsync(expert, 0), await HoldAsync(expert, prefix));
                var times = new List<double>();
                CacheLook look = default;
                for (var i = 0; i < Looks; i++)
                {
                    var begun = Stopwatch.GetTimestamp();
                    var offset = await expert.CompareAsync(first, second) ?? throw new BenchException("The expert holds nothing of a session it has answered.");
                    times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
                    look = new(offset.Offset, offset.Agreeing);
                }
                Console.WriteLine($"| {Path.GetFileName(model)} | {prefix} | {look.Offset?.ToString() ?? "none"} | {look.Agreeing} of {Common} | {times.Median():0.0} |");
                (tell, all) = (tell + (look.Offset == prefix ? look.Agreeing : 0), all + Common);
                expert.Release(first);
                expert.Release(second);
            }
        }
        Aim.AtLeast("tokens whose keys tell the offset", 1, (double)tell / all);
    }

    /// <summary>A session that holds the common tokens behind a prefix of others.</summary>
    private static async Task<SessionId> HoldAsync(LlamaExpert expert, int prefix)
    {
        var (request, reply) = (new StepRequest(), new StepReply());
        request.Reset(SessionId.New(), 1, 0);
        for (var i = 0; i < prefix; i++)
            request.Append(1000 + i % 97);
        for (var i = 0; i < Common; i++)
            request.Append(100 + i);
        await expert.StepAsync(request, reply, CancellationToken.None);
        return reply.Status == StepStatus.Ok ? request.Session : throw new BenchException($"The expert answered {reply.Status}.");
    }

    private readonly record struct CacheLook(int? Offset, int Agreeing);
}
