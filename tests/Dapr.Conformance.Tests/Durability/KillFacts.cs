using System.Collections.Concurrent;
using System.Text.Json;
using Dapr.Conformance.Tests.Apps;
using Dapr.Conformance.Tests.Hosting;
using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Dapr.Conformance.Tests.Durability;

/// <summary>kill -9 of the sidecar at random points; MESH_DURABILITY_RUNS says how often.</summary>
public abstract class KillFacts(Kind kind) : IAsyncLifetime
{
    private SidecarSet? _sidecars;
    private TestApp? _app;

    public async Task InitializeAsync()
    {
        if (kind.Missing is not null)
            return;
        _sidecars = kind.Create(new(new AppSpec("keeper", Ports.Take(1)[0])));
        _app = await TestApp.StartAsync(_sidecars.Spec.Apps[0], withActors: true, withTopics: true);
        await _sidecars.StartAsync();
    }

    [SkippableFact]
    public async Task What_was_acknowledged_is_there_after_kill_9()
    {
        Skip.If(kind.Missing is not null, kind.Missing);
        var runs = int.TryParse(Environment.GetEnvironmentVariable("MESH_DURABILITY_RUNS"), out var asked) ? asked : kind == Kind.Embedded ? 3 : 1;
        for (var run = 0; run < runs; run++)
            await RunAsync(run, new Random(run));
    }

    [SkippableFact]
    public async Task Reminders_outlive_the_whole_runtime()
    {
        Skip.If(kind.Missing is not null, kind.Missing);
        using var http = new RawClient(_sidecars!.Http(0));
        await Eventually.HoldsAsync(async () => (await http.PostAsync("/v1.0/actors/Probe/first/method/Get")).Status == 200, "actors answer");
        Assert.Equal(204, (await http.PutAsync("/v1.0/actors/Probe/patient/reminders/r", """{"dueTime":"5s","data":""}""")).Status);
        await _sidecars.KillAllAsync();
        await _sidecars.StartAsync();
        await Eventually.HoldsAsync(() => _app!.Journal.Of("Probe/patient ").Any(l => l.StartsWith("reminder ", StringComparison.Ordinal)), "it ticks");
    }

    private async Task RunAsync(int run, Random random)
    {
        using var http = new RawClient(_sidecars!.Http(0));
        await Eventually.HoldsAsync(async () => (await http.PostAsync("/v1.0/actors/Probe/first/method/Get")).Status == 200, "actors answer");
        await Eventually.HoldsAsync(async () => (await http.GetAsync("/v1.0/metadata")).Body.Contains("\"deadLetterTopic\"", StringComparison.Ordinal), "topics are subscribed");
        var (states, reminders, messages) = (new ConcurrentBag<string>(), new ConcurrentBag<string>(), new ConcurrentBag<string>());
        var writers = new[]
        {
            WriteAsync(states, id => http.PostAsync("/v1.0/state/statestore", $$"""[{"key":"{{id}}","value":"{{id}}"}]""")),
            WriteAsync(reminders, id => http.PutAsync($"/v1.0/actors/Probe/{id}/reminders/r", """{"dueTime":"1s","data":""}""")),
            WriteAsync(messages, id => http.PostAsync("/v1.0/publish/pubsub/plain", $"\"{id}\"")),
        };
        await Eventually.HoldsAsync(() => !states.IsEmpty && !reminders.IsEmpty && !messages.IsEmpty, "something of each kind is acknowledged");
        await Task.Delay(random.Next(400));
        await _sidecars.KillAsync();
        await Task.WhenAll(writers);
        await _sidecars.StartAsync();
        foreach (var chunk in states.Chunk(100))
        {
            var found = (await http.PostAsync("/v1.0/state/statestore/bulk", JsonSerializer.Serialize(new { keys = chunk }))).Json.EnumerateArray();
            Assert.All(found, f => Assert.Equal(f.GetProperty("key").GetString(), f.GetProperty("data").GetString()));
        }
        await Eventually.HoldsAsync(() => Missing(reminders, _app!.Journal.Of("Probe/").Where(l => l.Contains(" reminder ")).Select(l => l.Split(' ')[0])) == 0, $"run {run}: all {reminders.Count} reminders ticked");
        // daprd's in-memory broker loses what it holds: a gap of its own making.
        if (kind == Kind.Embedded)
            await Eventually.HoldsAsync(() => Missing(messages, _app!.Journal.Of("plain ").Select(l => JsonDocument.Parse(l).RootElement.GetProperty("data").GetString()!)) == 0, $"run {run}: all {messages.Count} messages arrived");
    }

    private static int Missing(IEnumerable<string> all, IEnumerable<string> got) => all.Except(got).Count();

    /// <summary>One after the other until the sidecar is gone; only what was acknowledged counts.</summary>
    private static async Task WriteAsync(ConcurrentBag<string> acknowledged, Func<string, Task<Reply>> write)
    {
        try
        {
            for (var end = Deadline.After(TimeSpan.FromSeconds(20)); !end.IsCancellationRequested;)
            {
                var id = Guid.NewGuid().ToString("N");
                if ((await write(id)).Status == 204)
                    acknowledged.Add(id);
            }
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            // Killed, maybe in the middle of an answer.
        }
    }

    public async Task DisposeAsync()
    {
        if (_sidecars is not null)
            await _sidecars.DisposeAsync();
        if (_app is not null)
            await _app.DisposeAsync();
    }
}

public sealed class KillFactsOnEmbedded() : KillFacts(Kind.Embedded);

public sealed class KillFactsOnDaprd() : KillFacts(Kind.Daprd);
