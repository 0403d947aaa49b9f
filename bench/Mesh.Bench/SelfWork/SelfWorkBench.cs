using System.Diagnostics;
using System.Net.Http.Json;
using Mesh.Bench.Hosting;
using Mesh.Bench.Running;

namespace Mesh.Bench.SelfWork;

/// <summary>What the mesh's own work costs its users.</summary>
internal static class SelfWorkBench
{
    public const string Help = """
        Two users have answers of 300 tokens streamed to them by a whole mesh: alone, beside one endless stream of the mesh's own work ("background"), and beside one that is not marked so.
        In turns, so that what else the machine does falls on all three alike. Times are from token to token as the users see them; figures are medians over the rounds.
        rounds: 1 or more, 7 unless given. Aim: p99 beside background work at most 1.10 of that alone, and at most 10 % of the tokens are background's.
        """;

    private const int Users = 2, Tokens = 300;
    private static readonly (string Name, object? Beside)[] Arms = [("users alone", null), ("beside background work", new { background = true }), ("beside a third user", new { })];

    public static async Task<int> RunAsync(string[] arguments)
    {
        var rounds = arguments.Number(0, "rounds", 1, 1000, 7);
        await using var mesh = await LiveMesh.StartAsync("embedded", "--Mesh:Governance:Enabled=false");
        await mesh.ExpertsReadyAsync();
        await RoundAsync(mesh.Router, null);
        var seen = Arms.Select(_ => new List<(double Mean, double P99, double Share)>()).ToArray();
        for (var round = 0; round < rounds; round++)
            for (var arm = 0; arm < Arms.Length; arm++)
            {
                Progress.Say($"round {round + 1} of {rounds}: {Arms[arm].Name}");
                seen[arm].Add(await RoundAsync(mesh.Router, Arms[arm].Beside));
            }
        Console.WriteLine($"| {Users} users, {Tokens} tokens each | mean of a token | p99 of a token | mean, ratio | p99, ratio | share of the tokens beside |\n| --- | --- | --- | --- | --- | --- |");
        for (var arm = 0; arm < Arms.Length; arm++)
            Console.WriteLine($"| {Arms[arm].Name} | {seen[arm].Select(s => s.Mean).Median():0.0} ms | {seen[arm].Select(s => s.P99).Median():0.0} ms | {Ratio(arm, s => s.Mean):0.00} | {Ratio(arm, s => s.P99):0.00} | {seen[arm].Select(s => s.Share).Median():0.000} |");
        Console.WriteLine();
        Aim.AtMost("(i) p99 beside background work, against alone", 1.10, Ratio(1, s => s.P99));
        Aim.AtMost("(i) background's share of the tokens", 0.10, seen[1].Select(s => s.Share).Median(), "0.000");
        return 0;

        // Of a round to the same round alone.
        double Ratio(int arm, Func<(double Mean, double P99, double Share), double> of) => seen[arm].Zip(seen[0], (a, alone) => of(a) / of(alone)).Median();
    }

    private static async Task<(double Mean, double P99, double Share)> RoundAsync(HttpClient router, object? beside)
    {
        using var leave = new CancellationTokenSource();
        var running = new TaskCompletionSource();
        var others = 0;
        var other = beside is null ? Task.CompletedTask : EndlessAsync();
        if (beside is not null)
            await Task.WhenAny(running.Task, other);
        var before = others;
        var gaps = await Task.WhenAll(Enumerable.Range(0, Users).Select(_ => GapsAsync(router)));
        var made = others - before;
        await leave.CancelAsync();
        await other.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var all = gaps.SelectMany(g => g).ToList();
        return (all.Average(), all.Percentile(0.99), made / (double)(made + Users * Tokens));

        async Task EndlessAsync()
        {
            while (true)
                await StreamAsync(router, beside, () =>
                {
                    others++;
                    running.TrySetResult();
                }, leave.Token);
        }
    }

    /// <summary>Milliseconds from one token to the next.</summary>
    private static async Task<List<double>> GapsAsync(HttpClient router)
    {
        var (gaps, last) = (new List<double>(), 0L);
        await StreamAsync(router, new { }, () =>
        {
            var now = Stopwatch.GetTimestamp();
            if (last != 0)
                gaps.Add(Stopwatch.GetElapsedTime(last, now).TotalMilliseconds);
            last = now;
        }, default);
        return gaps;
    }

    private static async Task StreamAsync(HttpClient router, object? mesh, Action onToken, CancellationToken cancellationToken)
    {
        var question = new { model = "mesh", prompt = "Define river.", max_tokens = Tokens, stream = true, logprobs = 0, logit_bias = new Dictionary<string, int> { ["2"] = -100 }, mesh };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = JsonContent.Create(question) };
        using var response = await router.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
            if (line.Contains("\"token_logprobs\"", StringComparison.Ordinal))
                onToken();
    }
}
