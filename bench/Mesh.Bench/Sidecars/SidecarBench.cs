using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Mesh.Bench.Sidecars;

/// <summary>
/// Both sidecars in one run and in turns of a fraction of a second to a few, so that whatever else the machine does hits both alike; medians over the rounds, a
/// percentile from 5,000 samples in each.
/// </summary>
internal static class SidecarBench
{
    private const int Turns = 10;
    private static readonly string[] Everything = ["workflows", "actors", "invocation", "publish"];

    public static async Task<int> RunAsync(string[] args)
    {
        var rounds = args is [var text, ..] && int.TryParse(text, out var given) && given > 0 ? given : 5;
        var what = args.Intersect(Everything).ToArray() is { Length: > 0 } some ? some : Everything;
        await using var embedded = await BenchApp.StartAsync(port => new EmbeddedSidecar("bench", appPort: port));
        await using var daprd = Daprd.Missing is null ? await BenchApp.StartAsync(port => new Daprd("bench", appPort: port)) : null;
        if (daprd is null)
            Console.Error.WriteLine(Daprd.Missing);
        BenchApp[] apps = daprd is null ? [embedded] : [daprd, embedded];
        var results = apps.Select(_ => new List<Round>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            var now = apps.Select(_ => new Round([], [], [], [])).ToArray();
            for (var turn = 0; turn < Turns; turn++)
                for (var i = 0; i < apps.Length; i++)
                    await MeasureAsync(apps[i], now[i], what);
            for (var i = 0; i < apps.Length; i++)
                results[i].Add(now[i]);
            Console.Error.WriteLine($"round {round + 1} of {rounds}");
        }
        Print(results, what);
        return 0;
    }

    private static async Task MeasureAsync(BenchApp app, Round round, string[] what)
    {
        if (what.Contains("workflows"))
            round.Workflows.Add(await app.WorkflowsPerSecondAsync(64));
        if (what.Contains("actors"))
            round.ActorCalls.Add(await app.ActorCallsPerSecondAsync(1000));
        if (what.Contains("invocation"))
            round.Invocation.AddRange(await app.InvocationMillisecondsAsync(500));
        if (what.Contains("publish"))
            round.Publish.AddRange(await app.PublishMillisecondsAsync(500));
    }

    private static void Print(List<Round>[] results, string[] what)
    {
        Console.WriteLine(results.Length == 2 ? "| | daprd 1.16 | embedded | ratio |\n|---|---|---|---|" : "| | embedded |\n|---|---|");
        if (what.Contains("workflows"))
            Row("workflows of 3 activities, 64 at a time (per second)", r => Percentile(r.Workflows, 0.5), more: true);
        if (what.Contains("actors"))
            Row("actor calls, 64 at a time (per second)", r => Percentile(r.ActorCalls, 0.5), more: true);
        foreach (var p in what.Contains("invocation") ? new[] { 0.5, 0.99 } : [])
            Row($"invocation, p{p * 100:0} (ms)", r => Percentile(r.Invocation, p), more: false);
        foreach (var p in what.Contains("publish") ? new[] { 0.5, 0.99 } : [])
            Row($"publish to handler, p{p * 100:0} (ms)", r => Percentile(r.Publish, p), more: false);

        void Row(string name, Func<Round, double> value, bool more)
        {
            var medians = results.Select(rounds => Percentile([.. rounds.Select(value)], 0.5)).ToArray();
            var ratio = medians.Length < 2 ? "" : $" {(more ? medians[1] / medians[0] : medians[0] / medians[1]):0.00}x |";
            Console.WriteLine($"| {name} | {string.Join(" | ", medians.Select(m => m.ToString(m < 100 ? "0.00" : "0")))} |{ratio}");
        }
    }

    private static double Percentile(List<double> values, double p)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, (int)(p * sorted.Length))];
    }

    private sealed record Round(List<double> Workflows, List<double> ActorCalls, List<double> Invocation, List<double> Publish);
}
