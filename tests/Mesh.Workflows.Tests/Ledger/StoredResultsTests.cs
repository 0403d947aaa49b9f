using System.Collections.Concurrent;
using System.Text.Json;
using Dapr.Common.Serialization;
using Mesh.Workflows.Ledger;
using Mesh.Workflows.Sidecar;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Mesh.Workflows.Tests.Ledger;

public sealed class StoredResultsTests : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, string> _state = new();
    private WebApplication? _sidecar;
    private int _runs;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _sidecar = builder.Build();
        _sidecar.MapGet("/v1.0/state/results/{key}", (string key) => _state.TryGetValue(key, out var value) ? Results.Text(value, "application/json") : Results.NoContent());
        _sidecar.MapPost("/v1.0/state/results", (JsonElement[] items) => items.ToList().ForEach(i => _state[i.GetProperty("key").GetString()!] = i.GetProperty("value").GetRawText()));
        await _sidecar.StartAsync();
    }

    [Fact]
    public async Task What_another_process_finished_is_answered_and_not_run()
    {
        Assert.Equal(new Answer(7, "seven"), await RunAsync(Process("results"), new Answer(7, "seven")));
        Assert.Equal(new Answer(7, "seven"), await RunAsync(Process("results"), new Answer(8, "eight")));
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task Nothing_is_an_answer_too()
    {
        Assert.Null(await RunAsync(Process("results"), null));
        Assert.Null(await RunAsync(Process("results"), new Answer(8, "eight")));
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task Without_a_store_it_runs_again() => Assert.Equal(2, await TwiceAsync(null));

    [Fact]
    public async Task A_store_that_cannot_be_reached_costs_no_step()
    {
        await _sidecar!.StopAsync();
        Assert.Equal(2, await TwiceAsync("results"));
    }

    public async Task DisposeAsync() => await _sidecar!.DisposeAsync();

    private async Task<int> TwiceAsync(string? store)
    {
        foreach (var n in new[] { 1, 2 })
            Assert.Equal(new Answer(n, ""), await RunAsync(Process(store), new Answer(n, "")));
        return _runs;
    }

    private StoredResults Process(string? store) => new(
        new SidecarConnection(new ConfigurationBuilder().AddInMemoryCollection([new("DAPR_HTTP_ENDPOINT", _sidecar!.Urls.Single())]).Build()), new JsonDaprSerializer(), new() { StateStore = store });

    private Task<object?> RunAsync(StoredResults process, Answer? result) => process.RunAsync(new("w", "1"), typeof(Answer), () =>
    {
        _runs++;
        return Task.FromResult<object?>(result);
    });

    private sealed record Answer(int Number, string Text);
}
