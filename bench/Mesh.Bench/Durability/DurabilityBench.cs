using System.Diagnostics;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Mesh.Bench.Running;

namespace Mesh.Bench.Durability;

/// <summary>kill -9 of apps and sidecars under workflows, on both sidecars.</summary>
internal static class DurabilityBench
{
    /// <summary>The first argument of the process that is killed.</summary>
    public const string App = "durable-app";

    private static readonly string[] Sidecars = ["embedded", "daprd"], Targets = ["app", "sidecar", "both"];

    public const string Help = """
        kill -9 at seeded moments, two to four times a seed, while 8 workflows of 9 steps (a child, a timer, three side by side, an event) run through libs/Mesh.Workflows.
        seeds: 1 to 1000, 10 unless given. first: the first seed, 1. part: embedded, daprd; app, sidecar, both (one of the two or both, by the seed); everything if none is named.
        A workflow that has not ended 90 s after it was scheduled counts as stuck. Aim for daprd, app: at most one stuck in 40 seeds; for embedded: none; nowhere a lost result or a step that runs again after its result was seen.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var words = args.Where(a => Sidecars.Contains(a) || Targets.Contains(a)).ToArray();
        var numbers = args.Except(words).ToArray();
        var (seeds, first) = (numbers.Number(0, "seeds", 1, 1000, 10), numbers.Number(1, "first", 1, 1_000_000, 1));
        var sidecars = Pick(Sidecars, words).Where(s => s != "daprd" || Daprd.Missing is null).ToArray();
        if (Daprd.Missing is { } missing && Pick(Sidecars, words).Contains("daprd"))
            Console.Error.WriteLine(missing);
        Console.WriteLine("| sidecar | killed | seeds | stuck | woken | results lost | run again after seen | finished twice | s a seed |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var sidecar in sidecars)
            foreach (var target in Pick(Targets, words))
                await MeasureAsync(sidecar, target, first, seeds);
        Aim.Print();
        return 0;
    }

    private static string[] Pick(string[] all, string[] named) => all.Intersect(named).ToArray() is { Length: > 0 } some ? some : all;

    private static async Task MeasureAsync(string kind, string target, int first, int seeds)
    {
        var results = new List<KillResult>();
        var clock = Stopwatch.StartNew();
        for (var seed = first; seed < first + seeds; seed++)
        {
            var one = Stopwatch.StartNew();
            await using ISidecar sidecar = kind == "daprd" ? new Daprd("durable") : new EmbeddedSidecar("durable");
            results.Add(await new KillRun(sidecar, target, seed).RunAsync());
            Progress.Say($"{kind}, {target}, seed {seed}: {results[^1]}, {one.Elapsed.TotalSeconds:0.0} s");
        }
        var (stuck, lost, again) = (results.Sum(r => r.Stuck), results.Sum(r => r.Lost), results.Sum(r => r.Again));
        Console.WriteLine($"| {kind} | {target} | {seeds} | {stuck} | {results.Sum(r => r.Woken)} | {lost} | {again} | {results.Sum(r => r.Twice)} | {clock.Elapsed.TotalSeconds / seeds:0.0} |");
        Aim.AtMost($"{kind}, {target}: workflows stuck", kind == "daprd" ? Math.Ceiling(seeds / 40.0) : 0, stuck, "0");
        Aim.AtMost($"{kind}, {target}: results lost and steps run again after their result was seen", 0, lost + again, "0");
    }
}
