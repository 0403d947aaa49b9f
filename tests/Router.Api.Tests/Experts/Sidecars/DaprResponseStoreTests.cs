using Mesh.Testing.Sidecars;
using System.Text.Json;
using Dapr.Client;
using Microsoft.Extensions.Options;
using Router.Api.Experts;
using Router.Api.Hosting;
using Router.Api.Responses;

namespace Router.Api.Tests.Experts.Sidecars;

/// <summary>Responses in the state store of a real sidecar.</summary>
public abstract class ResponseStoreContract : IAsyncLifetime
{
    private readonly SidecarProcesses? _sidecar;
    private readonly string? _missing;
    private WorkerHost? _app;
    private DaprClient _dapr = null!;

    private protected ResponseStoreContract(SidecarProcesses? sidecar, string? missing) => (_sidecar, _missing) = (sidecar, missing);

    public async Task InitializeAsync()
    {
        if (_missing is not null)
            return;
        _app = await WorkerHost.StartAsync(new InstantLoader(), $"--DAPR_HTTP_PORT={_sidecar!.HttpPort}");
        await _sidecar.StartAsync("router", _app.Port);
        _dapr = new DaprClientBuilder().UseHttpEndpoint($"http://127.0.0.1:{_sidecar.HttpPort}").UseGrpcEndpoint($"http://127.0.0.1:{_sidecar.GrpcPort}").Build();
    }

    public async Task DisposeAsync()
    {
        _dapr?.Dispose();
        if (_sidecar is not null)
            await _sidecar.DisposeAsync();
        if (_app is not null)
            await _app.DisposeAsync();
    }

    [SkippableFact]
    public async Task A_response_is_there_for_the_next_router_until_it_is_forgotten()
    {
        Skip.If(_missing is not null, _missing);
        Assert.Null(await Store().LoadAsync("resp_1", default));
        var response = new StoredResponse("ann", ["resp_0"], [Json("""{"id":"a","type":"message","content":"Köln 😀"}""")], Json("""{"id":"resp_1","temperature":0.5,"output":[{"id":"b"}]}"""));
        await Store().SaveAsync("resp_1", response, default);
        var stored = await Store().LoadAsync("resp_1", default);
        Assert.Equal("ann", stored?.Owner);
        Assert.Equal(["resp_0"], stored!.Before);
        Assert.Equal("Köln 😀", Assert.Single(stored.Input).GetProperty("content").GetString());
        Assert.Equal(0.5, stored.Response.GetProperty("temperature").GetDouble());
        Assert.Equal("b", Assert.Single(stored.Output).GetProperty("id").GetString());
        await Store().DeleteAsync("resp_1", default);
        Assert.Null(await Store().LoadAsync("resp_1", default));
    }

    [SkippableFact]
    public async Task A_response_is_forgotten_in_time()
    {
        Skip.If(_missing is not null, _missing);
        await Store(ttl: TimeSpan.FromSeconds(1)).SaveAsync("resp_2", new(null, [], [], Json("""{"output":[]}""")), default);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await Store().LoadAsync("resp_2", limit.Token) is not null)
            await Task.Delay(100, limit.Token);
    }

    [SkippableFact]
    public async Task What_cannot_be_kept_is_told()
    {
        Skip.If(_missing is not null, _missing);
        var large = new StoredResponse(null, [], [Json($"\"{new string('x', 2 << 20)}\"")], Json("""{"output":[]}"""));
        await Assert.ThrowsAsync<ResponseStoreException>(() => Store().SaveAsync("resp_3", large, default));
        Assert.Contains("'nowhere'", (await Assert.ThrowsAsync<ResponseStoreException>(() => Store("nowhere").LoadAsync("resp_3", default))).Message);
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private DaprResponseStore Store(string name = "statestore", TimeSpan? ttl = null) =>
        new(_dapr, Options.Create(new RegistryOptions { StateStore = name }), Options.Create(new RouterOptions { ResponseTtl = ttl ?? TimeSpan.FromDays(1) }), TimeProvider.System);
}

public sealed class ResponseStoreOnTheEmbeddedSidecarTests() : ResponseStoreContract(new EmbeddedProcesses(), null);

public sealed class ResponseStoreOnDaprdTests() : ResponseStoreContract(DaprdProcesses.Missing is null ? new DaprdProcesses() : null, DaprdProcesses.Missing);
