using Mesh.Testing.Sidecars;
using System.Diagnostics;
using Mesh.Contracts.Experts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Router.Api.Experts;

namespace Router.Api.Tests.Experts.Sidecars;

/// <summary>A worker in this process behind a real sidecar; the expert's actor is configured through it and reached by one transport.</summary>
public abstract class SidecarFixture : IChannelFixture, IAsyncLifetime
{
    private readonly SidecarProcesses? _sidecar;
    private readonly TransportKind _kind;
    private WorkerHost? _worker;
    private DaprExpertActors? _actors;
    private IExpertConnection? _connection;

    private protected SidecarFixture(SidecarProcesses? sidecar, TransportKind kind, string? missing) => (_sidecar, _kind, Missing) = (sidecar, kind, missing);

    public string? Missing { get; }

    public IExpertChannel Channel => _connection!;

    public async Task InitializeAsync()
    {
        if (Missing is not null)
            return;
        _worker = await WorkerHost.StartAsync(null, $"--DAPR_HTTP_PORT={_sidecar!.HttpPort}");
        await _sidecar.StartAsync(ExpertActorContract.AppId, _worker.Port);
        var options = Options.Create(new RegistryOptions());
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("DAPR_HTTP_PORT", $"{_sidecar.HttpPort}")]).Build();
        _actors = new DaprExpertActors(options, TimeProvider.System, settings);
        var status = await ReadyAsync(_actors, WorkerHost.Spec("lexicon"));
        IExpertTransport transport = _kind == TransportKind.Actor
            ? new ActorTransport(_actors, new(), NullLogger<ActorExpertChannel>.Instance)
            : new DirectTransport(_actors, new(), options, TimeProvider.System, NullLogger<DirectExpertChannel>.Instance);
        _connection = await transport.ConnectAsync(status, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        _actors?.Dispose();
        if (_sidecar is not null)
            await _sidecar.DisposeAsync();
        if (_worker is not null)
            await _worker.DisposeAsync();
    }

    private static async Task<ExpertStatus> ReadyAsync(DaprExpertActors actors, ExpertSpec spec)
    {
        var clock = Stopwatch.StartNew();
        var last = "it was not asked yet";
        while (clock.Elapsed < TimeSpan.FromSeconds(60))
        {
            try
            {
                var status = await actors.ConfigureAsync(spec, CancellationToken.None);
                if (status.State == ExpertState.Ready)
                    return status;
                last = $"{status.State} {status.Reason}";
            }
            catch (ExpertUnreachableException notYet)
            {
                last = notYet.Reason;
            }
            await Task.Delay(100);
        }
        throw new TimeoutException($"The expert was not ready within 60 s: {last}");
    }
}
