using Dapr.Conformance.Tests.Workflows.Hosting;
using Mesh.Bench.Hosting;
using Mesh.Bench.Running;
using Mesh.Contracts.Experts;
using Mesh.Ensemble;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.TokenLoop;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Router.Api.Experts;
using Router.Api.Tests.Experts;

namespace Mesh.Bench.Transports;

/// <summary>The token loop in this process over actor calls: through a sidecar of its own process to the actors of a worker host in this process.</summary>
internal sealed class ActorMesh : IAsyncDisposable
{
    private readonly ISidecar _sidecar;
    private readonly WorkerHost _worker;
    private readonly DaprExpertActors _actors;
    private readonly ExpertMetrics _metrics = new();
    private readonly List<ActorExpertChannel> _channels = [];

    private ActorMesh(ISidecar sidecar, WorkerHost worker, DaprExpertActors actors) => (_sidecar, _worker, _actors) = (sidecar, worker, actors);

    public EnsembleTokenLoop Loop { get; private set; } = null!;

    public static async Task<ActorMesh> StartAsync(Func<int, ISidecar> create, ExpertSpec[] experts, EnsembleOptions options)
    {
        var port = Ports.Take(1)[0];
        var sidecar = create(port);
        var http = new Uri(sidecar.HttpEndpoint).Port;
        var worker = await WorkerHost.StartAsync(new InstantLoader(), $"--urls=http://127.0.0.1:{port}", $"--DAPR_HTTP_PORT={http}");
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("DAPR_HTTP_PORT", $"{http}")]).Build();
        var mesh = new ActorMesh(sidecar, worker, new(Options.Create(new RegistryOptions()), TimeProvider.System, settings));
        try
        {
            await sidecar.StartAsync();
            var peers = new List<ExpertPeer>();
            foreach (var spec in experts)
            {
                var card = await mesh.ReadyAsync(spec);
                var channel = new ActorExpertChannel(spec.Id, mesh._actors, mesh._metrics, NullLogger.Instance);
                mesh._channels.Add(channel);
                peers.Add(new(card, channel));
            }
            mesh.Loop = new(new FixedPool([.. peers]), options, TimeProvider.System, NullLogger<EnsembleTokenLoop>.Instance);
            return mesh;
        }
        catch
        {
            await mesh.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
            await channel.DisposeAsync();
        _actors.Dispose();
        await _sidecar.DisposeAsync();
        await _worker.DisposeAsync();
        _metrics.Dispose();
    }

    private async Task<ModelCard> ReadyAsync(ExpertSpec spec)
    {
        var last = "it was not asked yet";
        for (var end = Deadline.After(TimeSpan.FromSeconds(60)); !end.IsCancellationRequested; await Task.Delay(100, CancellationToken.None))
        {
            try
            {
                var status = await _actors.ConfigureAsync(spec, end);
                if (status is { State: ExpertState.Ready, Model: { } card })
                    return card;
                last = $"{status.State} {status.Reason}";
            }
            catch (Exception notYet) when (notYet is ExpertUnreachableException or OperationCanceledException)
            {
                last = notYet.Message;
            }
        }
        throw new BenchException($"Expert '{spec.Id}' was not ready behind the sidecar within 60 s: {last}");
    }
}
