using Dapr.Client;
using Governance.Workflows.Hosting;
using Governance.Workflows.Ledger;
using Mesh.Ledger.Log;
using Mesh.Testing.Ledger;
using Mesh.Testing.Sidecars;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Tests.Ledger;

/// <summary>The ledger's store over a real sidecar.</summary>
public abstract class DaprLedgerStoreContract : LedgerStoreContract, IAsyncLifetime
{
    private readonly SidecarProcesses? _sidecar;
    private readonly string? _missing;
    private WebApplication? _app;
    private DaprClient? _dapr;

    private protected DaprLedgerStoreContract(SidecarProcesses? sidecar, string? missing) => (_sidecar, _missing) = (sidecar, missing);

    public async Task InitializeAsync()
    {
        if (_sidecar is null)
            return;
        _app = WebApplication.CreateSlimBuilder().Build();
        _app.Urls.Add("http://127.0.0.1:0");
        await _app.StartAsync();
        await _sidecar.StartAsync("governance", new Uri(_app.Urls.First()).Port);
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

    protected override Task<ILedgerStore> CreateAsync()
    {
        Skip.If(_missing is not null, _missing);
        return Task.FromResult<ILedgerStore>(new DaprLedgerStore(_dapr!, Options.Create(new ServiceOptions { StorePatience = TimeSpan.FromMinutes(1) }), TimeProvider.System));
    }
}

public sealed class LedgerStoreOnTheEmbeddedSidecarTests() : DaprLedgerStoreContract(new EmbeddedProcesses(), null);

public sealed class LedgerStoreOnDaprdTests() : DaprLedgerStoreContract(DaprdProcesses.Missing is null ? new DaprdProcesses() : null, DaprdProcesses.Missing);
