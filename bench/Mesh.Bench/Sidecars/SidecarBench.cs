using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Mesh.Bench.Sidecars;

/// <summary>Both sidecars in one run and in turns, so that whatever else the machine does hits both alike; medians over the rounds.</summary>
internal static class SidecarBench
{
    public static async Task<int> RunAsync(string[] args)
    {
        var rounds = args is [var text, ..] && int.TryParse(text, out var given) && given > 0 ? given : 5;
        await using var embedded = await BenchApp.StartAsync(port => new EmbeddedSidecar("bench", appPort: port));
        await using var daprd = Daprd.Missing is null ? await BenchApp.StartAsync(port => new Daprd("bench", appPort: port)) : null;
        if (daprd is null)
            Console.Error.WriteLine(Daprd.Missing);
        BenchApp[] apps = daprd is null ? [embedded] : [daprd, embedded];
        var results = apps.Select(_ => new List<Round>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < apps.Length; i++)
                results[i].Add(await MeasureAsync(apps[i]));
            Console.Error.WriteLine($"round {round + 1} of {rounds}");
        }
        Print(results);
        return 0;
    }

    private static async Task<Round> MeasureAsync(BenchApp app) => new(
        await app.WorkflowsPerSecondAsync(200),
        await app.ActorCallsPerSecondAsync(2000),
        await app.InvocationMillisecondsAsync(500),
        await app.PublishMillisecondsAsync(300));

    private static void Print(List<Round>[] results)
    {
        Console.WriteLine(results.Length == 2 ? "| | daprd 1.16 | embedded | ratio |\n|---|---|---|---|" : "| | embedded |\n|---|---|");
        Row("workflows of 3 activities, 64 at a time (per second)", r => r.Workflows, more: true);
        Row("actor calls, 64 at a time (per second)", r => r.ActorCalls, more: true);
        Row("invocation, p50 (ms)", r => Percentile(r.Invocation, 0.5), more: false);
        Row("invocation, p99 (ms)", r => Percentile(r.Invocation, 0.99), more: false);
        Row("publish to handler, p50 (ms)", r => Percentile(r.Publish, 0.5), more: false);
        Row("publish to handler, p99 (ms)", r => Percentile(r.Publish, 0.99), more: false);

        void Row(string name, Func<Round, double> value, bool more)
        {
            var medians = results.Select(rounds => Percentile([.. rounds.Select(value)], 0.5)).ToArray();
            var ratio = medians.Length < 2 ? "" : $" {(more ? medians[1] / medians[0] : medians[0] / medians[1]):0.00}x |";
            Console.WriteLine($"| {name} | {string.Join(" | ", medians.Select(m => m.ToString(m < 100 ? "0.00" : "0")))} |{ratio}");
        }
    }

    private static double Percentile(double[] values, double p)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, (int)(p * sorted.Length))];
    }

    private sealed record Round(double Workflows, double ActorCalls, double[] Invocation, double[] Publish);
}
