using Mesh.Testing.Sidecars;
using Dapr.Client;
using Mesh.Contracts.Experts;
using Microsoft.Extensions.Options;
using Router.Api.Experts;

namespace Router.Api.Tests.Experts.Sidecars;

/// <summary>What people registered, in the state store of a real sidecar.</summary>
public abstract class SpecStoreContract : IAsyncLifetime
{
    private readonly SidecarProcesses? _sidecar;
    private readonly string? _missing;
    private WorkerHost? _app;
    private DaprClient _dapr = null!;

    private protected SpecStoreContract(SidecarProcesses? sidecar, string? missing) => (_sidecar, _missing) = (sidecar, missing);

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
    public async Task What_many_change_at_once_is_all_there_for_the_next_router()
    {
        Skip.If(_missing is not null, _missing);
        var store = Store();
        Assert.Empty((await store.LoadAsync(default)).Specs);
        var specs = Enumerable.Range(0, 4).Select(n => new ExpertSpec
        {
            Id = ExpertId.Parse($"e{n}"),
            ModelPath = $"/models/{n}.gguf",
            Adapters = [new("/models/a.gguf", 0.5f)],
            Description = "ünïcode",
        }).ToArray();
        await Task.WhenAll(specs.Select(spec => Store().ChangeAsync(stored => stored.With(spec), default)));
        await store.ChangeAsync(stored => stored.WithOffline(specs[1].Id, true), default);
        await store.ChangeAsync(stored => stored.Without(specs[0].Id), default);
        var stored = await Store().LoadAsync(default);
        Assert.Equal(specs[1..], stored.Specs.OrderBy(s => s.Id.Value));
        Assert.Equal([specs[1].Id], stored.Offline);
    }

    [SkippableFact]
    public async Task A_store_that_does_not_exist_is_named()
    {
        Skip.If(_missing is not null, _missing);
        var store = Store("nowhere");
        Assert.Contains("'nowhere'", (await Assert.ThrowsAsync<SpecStoreException>(() => store.LoadAsync(default))).Message);
    }

    private DaprSpecStore Store(string name = "statestore") => new(_dapr, Options.Create(new RegistryOptions { StateStore = name }), TimeProvider.System);
}

public sealed class SpecStoreOnTheEmbeddedSidecarTests() : SpecStoreContract(new EmbeddedProcesses(), null);

public sealed class SpecStoreOnDaprdTests() : SpecStoreContract(DaprdProcesses.Missing is null ? new DaprdProcesses() : null, DaprdProcesses.Missing);
