using Mesh.Bench.Hosting;
using Mesh.Bench.Running;
using Mesh.Contracts.Experts;
using Mesh.Ensemble;

namespace Mesh.Bench.Decoding;

/// <summary>(a) and (b): what the mesh adds to libllama for one session, and what it makes of eight.</summary>
internal static class DecodeBench
{
    public const string Help = """
        Greedy tokens per second on one model, K = 1, one token as prompt, by the router's token loop over a direct HTTP/2 stream to a worker host in the same
        process, against a bare libllama loop with the same threads; the sides take turns in every round. Ratios are medians over the rounds of the ratio
        within a round. "own threads": the worker chooses threads as it does when the expert has the machine to itself.
        rounds: 1 to 100, 5 unless given. model: GGUF files; models/arithmetic.gguf, and ../shared/models/smollm2-135m-instruct.Q4_1.gguf where it is.
        Of two models also: each loaded first and loaded second into a process with the other, and with the CPU kernels that are the other's.
        Aims: one session >= 0.95 of the bare loop; eight sessions >= 3 times the tokens of one; loaded second >= 0.95 of loaded first.
        """;

    private const int Eight = 8;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var rounds = arguments.Number(0, "rounds", 1, 100, 5);
        var models = arguments.Length > 1 ? arguments[1..].Select(Arguments.File).ToArray() : Models.Both;
        Console.WriteLine("| model | bare loop, t/s | router, 1 session | (a) ratio | own threads, 1 session | 8 sessions | (b) ratio | bytes allocated a token |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var model in models)
            await MeasureAsync(model, rounds);
        if (models is [var one, var other])
            await OrderBench.CompareAsync(one, other, rounds);
        Aim.Print();
        return 0;
    }

    private static async Task MeasureAsync(string path, int rounds)
    {
        var tokens = new FileInfo(path).Length < 32 << 20 ? 256 : 32;
        await using var mesh = await RouterMesh.StartAsync(null, $"--Mesh:Models={path}");
        var one = new ExpertSpec { Id = ExpertId.Parse("one-thread"), ModelPath = path, Threads = 1 };
        var own = new ExpertSpec { Id = ExpertId.Parse("own-threads"), ModelPath = path };
        await mesh.AddAsync(one);
        await mesh.AddAsync(own);
        var options = new EnsembleOptions { K = 1 };
        var (pinned, free) = (mesh.Loop(options, one.Id), mesh.Loop(options, own.Id));
        using var bare = new BareLoop(path, threads: 1);
        var results = new List<(double Bare, double Pinned, double Free, double Eight)>();
        var (allocated, counted) = (0L, 0);
        for (var round = -1; round < rounds; round++)
        {
            Progress.Say($"{Path.GetFileName(path)}: {(round < 0 ? "warming up" : $"round {round + 1} of {rounds}")}");
            var b = bare.TokensPerSecond(tokens);
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var r = await RouterMesh.TokensPerSecondAsync(pinned, 1, tokens);
            var taken = GC.GetTotalAllocatedBytes(precise: true) - before;
            var (o, e) = (await RouterMesh.TokensPerSecondAsync(free, 1, tokens), await RouterMesh.TokensPerSecondAsync(free, Eight, tokens));
            if (round < 0)
                continue;
            Progress.Say($"tokens/s: bare {b:0}, router {r:0}; own threads {o:0}, eight {e:0}");
            results.Add((b, r, o, e));
            (allocated, counted) = (allocated + taken, counted + tokens);
        }
        Console.WriteLine(
            $"| {Path.GetFileName(path)} | {results.Select(r => r.Bare).Median():0} | {results.Select(r => r.Pinned).Median():0} "
            + $"| {results.Select(r => r.Pinned / r.Bare).Median():0.00} | {results.Select(r => r.Free).Median():0} | {results.Select(r => r.Eight).Median():0} "
            + $"| {results.Select(r => r.Eight / r.Free).Median():0.00} | {allocated / (double)counted:0} |");
        Aim.AtLeast($"(a) {Path.GetFileName(path)}, router against the bare loop", 0.95, results.Select(r => r.Pinned / r.Bare).Median());
        Aim.AtLeast($"(b) {Path.GetFileName(path)}, eight sessions against one", 3, results.Select(r => r.Eight / r.Free).Median());
    }
}
