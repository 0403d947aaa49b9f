using System.Diagnostics;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Mesh.Bench.Hosting;
using Mesh.Bench.Running;
using Mesh.Contracts.Experts;
using Mesh.Ensemble;
using Mesh.Ensemble.Sampling;
using Mesh.Ensemble.TokenLoop;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Bench.Transports;

/// <summary>(d): what a token costs when the experts cost nothing.</summary>
internal static class RouterBench
{
    public const string Help = """
        Wall time per token of the token loop with K = 4 of 4 experts that answer at once with distributions of 70 tokens, at temperature 0.8, by transport: in
        process (the loop alone), direct HTTP/2 streams over loopback, actor calls through the embedded sidecar, and through daprd where ~/.dapr/bin has it. The
        transports take turns; medians over the rounds, and bytes of managed memory that router and worker took together for a token.
        rounds: 1 to 100, 9 unless given. Aims: <= 0.15 ms direct, <= 1.5 ms actor on the embedded sidecar.
        """;

    private static readonly ExpertSpec[] Experts =
        [.. Enumerable.Range(1, 4).Select(i => new ExpertSpec { Id = ExpertId.Parse($"instant-{i}"), ModelPath = Models.Arithmetic })];

    private sealed record Side(string Name, EnsembleTokenLoop Loop, int Tokens)
    {
        public List<double> Milliseconds { get; } = [];
        public List<double> Bytes { get; } = [];
    }

    public static async Task<int> RunAsync(string[] arguments)
    {
        var rounds = arguments.Number(0, "rounds", 1, 100, 9);
        var options = new EnsembleOptions { K = 4 };
        var inProcess = new EnsembleTokenLoop(
            new FixedPool([.. Experts.Select((spec, i) => new InstantExpert(spec.Id, i)).Select(expert => new Ensemble.Experts.ExpertPeer(expert.Card, expert))]),
            options, TimeProvider.System, NullLogger<EnsembleTokenLoop>.Instance);
        Progress.Say("starting a worker and the sidecars");
        await using var direct = await RouterMesh.StartAsync(new InstantLoader());
        foreach (var spec in Experts)
            await direct.AddAsync(spec);
        await using var embedded = await ActorMesh.StartAsync(port => new EmbeddedSidecar(ExpertActorContract.AppId, appPort: port), Experts, options);
        await using var daprd = Daprd.Missing is null ? await ActorMesh.StartAsync(port => new Daprd(ExpertActorContract.AppId, appPort: port), Experts, options) : null;
        if (daprd is null)
            Console.Error.WriteLine(Daprd.Missing);
        List<Side> sides =
        [
            new("in process", inProcess, 4000), new("direct", direct.Loop(options, [.. Experts.Select(e => e.Id)]), 2000), new("actor, embedded sidecar", embedded.Loop, 300),
        ];
        if (daprd is not null)
            sides.Add(new("actor, daprd", daprd.Loop, 300));
        for (var round = -2; round < rounds; round++)
        {
            Progress.Say(round < 0 ? "warming up" : $"round {round + 1} of {rounds}");
            foreach (var side in sides)
                await MeasureAsync(side, count: round >= 0);
        }
        Console.WriteLine("| transport | ms a token, median | lowest round | bytes allocated a token |");
        Console.WriteLine("| --- | --- | --- | --- |");
        foreach (var side in sides)
            Console.WriteLine($"| {side.Name} | {side.Milliseconds.Median():0.000} | {side.Milliseconds.Min():0.000} | {side.Bytes.Median():0} |");
        Aim.AtMost("(d) direct, ms a token", 0.15, sides[1].Milliseconds.Median(), "0.000");
        Aim.AtMost("(d) actor on the embedded sidecar, ms a token", 1.5, sides[2].Milliseconds.Median(), "0.000");
        Aim.Print();
        return 0;
    }

    private static async Task MeasureAsync(Side side, bool count)
    {
        var request = new GenerationRequest
        {
            Prompt = new[] { 5 }, EndTokens = new HashSet<int>(), MaxTokens = side.Tokens, Sampling = new SamplingOptions { Temperature = 0.8f, Seed = 1 },
        };
        var (start, before, generated) = (0L, 0L, 0);
        await foreach (var _ in side.Loop.RunAsync(request))
        {
            // The session's own buffers, a few KB, are not what a token costs.
            if (++generated == side.Tokens / 10)
                (start, before) = (Stopwatch.GetTimestamp(), GC.GetTotalAllocatedBytes(precise: true));
        }
        var counted = side.Tokens - side.Tokens / 10;
        if (generated != side.Tokens)
            throw new InvalidOperationException($"{side.Name}: {generated} tokens came instead of {side.Tokens}.");
        if (!count)
            return;
        side.Milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds / counted);
        side.Bytes.Add((GC.GetTotalAllocatedBytes(precise: true) - before) / (double)counted);
    }
}
