using Dapr.Actors.Client;
using Dapr.Conformance.Tests.Apps;
using Dapr.Conformance.Tests.Hosting;
using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Dapr.Conformance.Tests.Actors;

/// <summary>Two replicas that host actors, and a caller beside them.</summary>
public abstract class FailoverFacts(Kind kind) : IAsyncLifetime
{
    private readonly Journal _journal = new();
    private readonly TestApp?[] _workers = new TestApp?[2];
    private SidecarSet? _sidecars;
    private IActorProxyFactory _actors = null!;

    public async Task InitializeAsync()
    {
        if (kind.Missing is not null)
            return;
        var ports = Ports.Take(2);
        _sidecars = kind.Create(new(new("worker", ports[0]), new("worker", ports[1]), new("caller", null)));
        for (var i = 0; i < 2; i++)
            await StartAsync(i);
        await _sidecars.StartAsync();
        _actors = new ActorProxyFactory(new ActorProxyOptions { HttpEndpoint = _sidecars.Http(2) });
    }

    [SkippableFact]
    public async Task Actors_of_a_host_that_is_gone_live_on_with_the_other_and_never_with_both()
    {
        Skip.If(kind.Missing is not null, kind.Missing);
        var ids = await OneOnEachAsync();
        foreach (var id in ids)
            await Proxy(id).InvokeMethodAsync<int, int>("Add", 5);

        var calls = CallAsync(ids[0]);
        await _journal.WaitAsync($"Probe/{ids[0]} slow ends", 2);
        await _workers[0]!.DisposeAsync();
        await _sidecars!.KillOneAsync(0);
        await Eventually.HoldsAsync(async () => await HostAsync(ids[0]) == "1", "the actor lives with the other host");
        Assert.Equal("1", await HostAsync(ids[1]));
        Assert.Equal(5, await Proxy(ids[0]).InvokeMethodAsync<int>("Get"));
        await calls;
        var turns = _journal.Of($"Probe/{ids[0]} slow ");
        Assert.Equal(turns.Select((_, i) => i % 2 == 0 ? "begins" : "ends"), turns);

        if (kind != Kind.Embedded)
            return;
        // With the host back, both have their share again, and what the actors know comes with them.
        var crowd = Enumerable.Range(0, 10).Select(n => $"crowd-{n}").ToArray();
        foreach (var id in crowd)
            await Proxy(id).InvokeMethodAsync<int, int>("Add", 7);
        await StartAsync(0);
        await Eventually.HoldsAsync(async () => (await Task.WhenAll(crowd.Select(HostAsync))) is var hosts && hosts.Contains("0") && hosts.Contains("1"), "both hosts have their share");
        foreach (var id in crowd)
            Assert.Equal(7, await Proxy(id).InvokeMethodAsync<int>("Get"));
    }

    private async Task StartAsync(int i) => _workers[i] = await TestApp.StartAsync(_sidecars!.Spec.Apps[i], withActors: true, name: $"{i}", journal: _journal);

    private ActorProxy Proxy(string id) => _actors.Create(new(id), "Probe");

    private async Task<string?> HostAsync(string id)
    {
        try
        {
            return await Proxy(id).InvokeMethodAsync<string>("WhoHosts");
        }
        catch (DaprApiException)
        {
            return null; // between two hosts
        }
    }

    /// <summary>Names new actors until each host has one.</summary>
    private async Task<string[]> OneOnEachAsync()
    {
        var found = new string?[2];
        await Eventually.HoldsAsync(async () =>
        {
            var id = Guid.NewGuid().ToString("N");
            if (await HostAsync(id) is { } host)
                found[int.Parse(host)] ??= id;
            return found.All(f => f is not null);
        }, "both hosts have an actor");
        return found!;
    }

    private async Task CallAsync(string id)
    {
        for (var i = 0; i < 20; i++)
            try
            {
                await Proxy(id).InvokeMethodAsync<int, string>("Slow", 20);
            }
            catch (DaprApiException)
            {
                await Task.Delay(50);
            }
    }

    public async Task DisposeAsync()
    {
        if (_sidecars is not null)
            await _sidecars.DisposeAsync();
        foreach (var worker in _workers)
            if (worker is not null)
                await worker.DisposeAsync();
    }
}

public sealed class FailoverFactsOnEmbedded() : FailoverFacts(Kind.Embedded);

public sealed class FailoverFactsOnDaprd() : FailoverFacts(Kind.Daprd);
