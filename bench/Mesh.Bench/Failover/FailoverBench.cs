using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Mesh.Bench.Running;
using Mesh.Ensemble;

namespace Mesh.Bench.Failover;

/// <summary>(f): kill -9 of a worker under a running stream, in the whole mesh as a developer starts it.</summary>
internal static class FailoverBench
{
    public const string Help = """
        Starts AppHost with the embedded sidecar and two workers, streams an answer of the mesh, kills -9 the worker that hosts the leading expert after some tokens
        and takes the time from the kill to the next token to arrive, and, since tokens may be on their way already, the longest pause between two from then on. Each
        mesh is hit twice: while the experts are on both workers, and once more when all of them have come up on the one that was left.
        meshes: 1 to 50, 4 unless given. Aim: one token deadline (EnsembleOptions.MinimumDeadline; twice the expected time of these experts is less).
        """;

    private readonly record struct Kill(double Next, double Pause);

    private const int Tokens = 300, KillAfter = 20;
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2), SpreadLimit = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(string[] arguments)
    {
        var meshes = arguments.Number(0, "meshes", 1, 50, 4);
        var (some, all, usual) = (new List<Kill>(), new List<Kill>(), new List<double>());
        for (var n = 0; n < meshes; n++)
        {
            Progress.Say($"mesh {n + 1} of {meshes}: starting it");
            var data = Directory.CreateTempSubdirectory("mesh-failover-").FullName;
            try
            {
                await MeasureAsync(data, some, all, usual);
            }
            finally
            {
                Directory.Delete(data, recursive: true);
            }
        }
        var deadline = new EnsembleOptions().MinimumDeadline.TotalMilliseconds;
        Console.WriteLine($"| ms; token deadline {deadline:0} | min | median | max |");
        Console.WriteLine("| --- | --- | --- | --- |");
        Row($"some experts lost ({some.Count} kills): kill -9 to the next token", some.Select(k => k.Next));
        Row("longest pause between tokens from the kill on", some.Select(k => k.Pause));
        Row($"every expert lost ({all.Count} kills): longest pause", all.Select(k => k.Pause));
        Row("usual time between tokens before it", usual);
        Aim.AtMost("(f) some experts lost, longest pause, ms, median", deadline, some.Select(k => k.Pause).Median(), "0");
        Aim.AtMost("(f) every expert lost, longest pause, ms, median", deadline, all.Select(k => k.Pause).Median(), "0");
        Aim.Print();
        return 0;

        static void Row(string name, IEnumerable<double> values)
        {
            if (values.Any())
                Console.WriteLine($"| {name} | {values.Min():0.0} | {values.Median():0.0} | {values.Max():0.0} |");
        }
    }

    /// <summary>Two kills in one mesh: of one of two hosts, and then of the one that has them all.</summary>
    private static async Task MeasureAsync(string data, List<Kill> some, List<Kill> all, List<double> usual)
    {
        using var limit = new CancellationTokenSource(StartLimit);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            [$"--Mesh:Data={data}", "--Mesh:Sidecar=embedded", $"--Mesh:Models={Models.Embedded}"], limit.Token);
        await using var app = await builder.BuildAsync(limit.Token);
        await app.StartAsync(limit.Token);
        try
        {
            await app.ResourceNotifications.WaitForResourceHealthyAsync("router", limit.Token);
            using var router = app.CreateHttpClient("router");
            router.Timeout = TimeSpan.FromMinutes(1);
            for (var kill = 0; kill < 2; kill++)
            {
                var (host, spread) = await ReadyAsync(router);
                // Both workers are there, so that the experts have somewhere to go.
                await app.ResourceNotifications.WaitForResourceHealthyAsync("worker-1", limit.Token);
                await app.ResourceNotifications.WaitForResourceHealthyAsync("worker-2", limit.Token);
                var (killed, times) = await StreamAsync(router, () => KillProcess(app, host));
                var after = times.Where(t => t > killed).Prepend(killed).ToArray();
                var before = times.Where(t => t <= killed).ToArray();
                usual.Add(before.Zip(before.Skip(1), (a, b) => b - a).Median());
                var result = new Kill(after[1] - killed, after.Zip(after.Skip(1), (a, b) => b - a).Max());
                (spread ? some : all).Add(result);
                Progress.Say($"{host} killed, which hosted {(spread ? "some" : "all")}: next token after {result.Next:0} ms, longest pause {result.Pause:0} ms");
            }
        }
        finally
        {
            await app.StopAsync();
        }
    }

    /// <summary>Waits until all six experts are ready, and for a while until they are on two workers: the host of the leading one, and whether others live elsewhere.</summary>
    private static async Task<(string Host, bool Spread)> ReadyAsync(HttpClient router)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            try
            {
                using var document = JsonDocument.Parse(await router.GetStringAsync("/mesh/experts"));
                var root = document.RootElement;
                var experts = (root.ValueKind == JsonValueKind.Array ? root : root.GetProperty("experts")).EnumerateArray().ToArray();
                var ready = experts.Length == 6 && experts.All(e => string.Equals(e.GetProperty("state").GetString(), "ready", StringComparison.OrdinalIgnoreCase));
                var spread = ready && experts.Select(e => e.GetProperty("worker").GetString()).Distinct().Count() > 1;
                if (spread || (ready && clock.Elapsed > SpreadLimit))
                    return (experts.Single(e => e.GetProperty("id").GetString() == "scripture").GetProperty("worker").GetString()!, spread);
            }
            catch (HttpRequestException)
            {
                // Not up yet.
            }
            if (clock.Elapsed > StartLimit)
                throw new BenchException($"The six experts were not ready within {StartLimit.TotalSeconds:0} s.");
        }
    }

    /// <summary>When the worker was killed and when each token came, in milliseconds.</summary>
    private static async Task<(double Killed, List<double> Times)> StreamAsync(HttpClient router, Action kill)
    {
        var body = new
        {
            model = "mesh", messages = new[] { new { role = "user", content = "Continue the verse: In the beginning" } }, temperature = 0, max_tokens = Tokens, stream = true,
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

    private static void KillProcess(DistributedApplication app, string resource)
    {
        if (!app.ResourceNotifications.TryGetCurrentState(resource, out var state)
            || state.Snapshot.Properties.FirstOrDefault(p => p.Name == "executable.pid")?.Value is not int pid)
            throw new BenchException($"Resource '{resource}' has no process.");
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }
}
