using System.Diagnostics;
using System.Net.Http.Json;
using Mesh.Bench.Hosting;
using Mesh.Bench.Running;
using Mesh.Ensemble;

namespace Mesh.Bench.Failover;

/// <summary>(f): kill -9 of a worker under a running stream, in the whole mesh as a developer starts it.</summary>
internal static class FailoverBench
{
    public const string Help = """
        Starts AppHost with the embedded sidecar and two workers, streams an answer, kills -9 the worker that hosts the leading expert after some tokens and takes the
        time from the kill to the next token to arrive, and, since tokens may be on their way already, the longest pause between two from then on. Each mesh is hit
        three times: an answer of the mesh while the experts are on both workers; one while all of them are on one, as soon as the other is back from its restart (later
        they have spread again); and an answer of a single expert.
        meshes: 1 to 50, 4 unless given. Aim: one token deadline (EnsembleOptions.MinimumDeadline; twice the expected time of these experts is less).
        """;

    private readonly record struct Kill(double Next, double Pause);

    private const int Tokens = 300, KillAfter = 20;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var meshes = arguments.Number(0, "meshes", 1, 50, 4);
        var (some, all, only, usual) = (new List<Kill>(), new List<Kill>(), new List<Kill>(), new List<double>());
        for (var n = 0; n < meshes; n++)
        {
            Progress.Say($"mesh {n + 1} of {meshes}: starting it");
            await using var mesh = await LiveMesh.StartAsync("embedded");
            await MeasureAsync(mesh, some, all, only, usual);
        }
        var deadline = new EnsembleOptions().MinimumDeadline.TotalMilliseconds;
        Console.WriteLine($"| ms; token deadline {deadline:0} | min | median | max |");
        Console.WriteLine("| --- | --- | --- | --- |");
        Row($"some experts lost ({some.Count} kills): kill -9 to the next token", some.Select(k => k.Next));
        Row("longest pause between tokens from the kill on", some.Select(k => k.Pause));
        Row($"the only expert of an answer lost ({only.Count} kills): longest pause", only.Select(k => k.Pause));
        Row($"every expert lost, the other worker just restarted ({all.Count} kills): longest pause", all.Select(k => k.Pause));
        Row("usual time between tokens before it", usual);
        Aim.AtMost("(f) some experts lost, longest pause, ms, median", deadline, some.Select(k => k.Pause).Median(), "0");
        Aim.AtMost("(f) the only expert of an answer lost, longest pause, ms, median", deadline, only.Select(k => k.Pause).Median(), "0");
        if (all.Count > 0)
            Aim.AtMost("(f) every expert lost, the other worker just restarted, longest pause, ms, median", deadline, all.Select(k => k.Pause).Median(), "0");
        Aim.Print();
        return 0;

        static void Row(string name, IEnumerable<double> values)
        {
            if (values.Any())
                Console.WriteLine($"| {name} | {values.Min():0.0} | {values.Median():0.0} | {values.Max():0.0} |");
        }
    }

    /// <summary>Three kills in one mesh.</summary>
    private static async Task MeasureAsync(LiveMesh mesh, List<Kill> some, List<Kill> all, List<Kill> only, List<double> usual)
    {
        await HitAsync("mesh", spread: true);
        await HitAsync("mesh", spread: false);
        await HitAsync("scripture", spread: true);

        async Task HitAsync(string model, bool spread)
        {
            var host = await ReadyAsync(mesh, spread);
            if (host is null)
            {
                Progress.Say("the experts had spread again before the next hit");
                return;
            }
            var (killed, times) = await StreamAsync(mesh.Router, model, () =>
            {
                using var process = mesh.ProcessOf(host);
                process.Kill();
            });
            var after = times.Where(t => t > killed).Prepend(killed).ToArray();
            var before = times.Where(t => t <= killed).ToArray();
            usual.Add(before.Zip(before.Skip(1), (a, b) => b - a).Median());
            var result = new Kill(after[1] - killed, after.Zip(after.Skip(1), (a, b) => b - a).Max());
            (model != "mesh" ? only : spread ? some : all).Add(result);
            Progress.Say($"{host} killed under an answer of {model}, which hosted {(spread ? "some" : "all")}: next token after {result.Next:0} ms, longest pause {result.Pause:0} ms");
        }
    }

    /// <summary>
    /// Waits until all six experts are ready, on both workers or on one as is wanted, and the other worker is there. Returns the host of the leading one; null when
    /// they are on both and that was not wanted.
    /// </summary>
    private static async Task<string?> ReadyAsync(LiveMesh mesh, bool spread)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(spread ? 100 : 10))
        {
            foreach (var worker in new[] { "worker-1", "worker-2" })
                await mesh.HealthyAsync(worker);
            try
            {
                var experts = await mesh.ExpertsAsync();
                var ready = experts.Length == 6 && experts.All(LiveMesh.IsReady);
                var both = experts.Select(e => e.GetProperty("worker").GetString()).Distinct().Count() > 1;
                if (ready && both && !spread)
                    return null;
                if (ready && both == spread)
                    return experts.Single(e => e.GetProperty("id").GetString() == "scripture").GetProperty("worker").GetString()!;
            }
            catch (HttpRequestException)
            {
                // Not up yet.
            }
            if (clock.Elapsed > LiveMesh.Limit)
                throw new BenchException($"The six experts were not ready within {LiveMesh.Limit.TotalSeconds:0} s.");
        }
    }

    /// <summary>When the worker was killed and when each token came, in milliseconds.</summary>
    private static async Task<(double Killed, List<double> Times)> StreamAsync(HttpClient router, string model, Action kill)
    {
        var body = new
        {
            model, messages = new[] { new { role = "user", content = "Continue the verse: In the beginning" } }, temperature = 0, max_tokens = Tokens, stream = true,
            logit_bias = new Dictionary<string, int> { ["2"] = -100 }, // never the end token, so that the text is long enough
        };
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(body) };
        using var response = await router.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        if (!response.IsSuccessStatusCode)
            throw new BenchException($"The router refuses the stream: {await response.Content.ReadAsStringAsync()}");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var (clock, times, killed) = (Stopwatch.StartNew(), new List<double>(), double.NaN);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith("data: {", StringComparison.Ordinal))
                continue;
            if (line.Contains("\"error\"", StringComparison.Ordinal))
                throw new BenchException($"The stream ended with an error: {line}");
            times.Add(clock.Elapsed.TotalMilliseconds);
            if (times.Count != KillAfter)
                continue;
            kill();
            killed = clock.Elapsed.TotalMilliseconds;
        }
        return times.Count > KillAfter + 20 ? (killed, times) : throw new BenchException($"The stream ended after {times.Count} tokens.");
    }
}
