using System.Diagnostics;
using Mesh.Contracts.Experts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Router.Api.Experts;

namespace Router.Api.Tests.Experts;

/// <summary>A registry over workers in this process; <see cref="Actors"/> says which of them hosts the experts.</summary>
internal sealed class RegistryHost : IAsyncDisposable
{
    private RegistryHost(ExpertRegistry registry, MovingActors actors) => (Registry, Actors) = (registry, actors);

    public ExpertRegistry Registry { get; }

    public MovingActors Actors { get; }

    public static async Task<RegistryHost> StartAsync(
        WorkerHost worker, string models, MemoryStore? store = null, TransportKind transport = TransportKind.Direct, TimeSpan? grace = null)
    {
        var options = Options.Create(new RegistryOptions
        {
            Models = models,
            WatchInterval = TimeSpan.FromMilliseconds(50),
            MaxRetryDelay = TimeSpan.FromMilliseconds(200),
            TokenizerGrace = grace ?? TimeSpan.FromSeconds(5),
        });
        var actors = new MovingActors { Worker = worker };
        var metrics = new ExpertMetrics();
        IExpertTransport way = transport == TransportKind.Direct
            ? new DirectTransport(actors, metrics, options, TimeProvider.System, NullLogger<DirectExpertChannel>.Instance)
            : new ActorTransport(actors, metrics, NullLogger<ActorExpertChannel>.Instance);
        var environment = new HostingEnvironment();
        var registry = new ExpertRegistry(actors, way, store ?? new(), options, environment, TimeProvider.System, NullLoggerFactory.Instance);
        await registry.StartAsync(CancellationToken.None);
        return new(registry, actors);
    }

    public ExpertStatus Status(string name) => Registry.List().Single(e => e.Id.Value == name);

    public async Task<ExpertStatus> ReachesAsync(string name, ExpertState state)
    {
        await EventuallyAsync(() => Registry.List().Any(e => e.Id.Value == name && e.State == state), () => $"'{name}' is {state}; now {Status(name)}");
        return Status(name);
    }

    public Task HasPeersAsync(params string[] names) => EventuallyAsync(
        () => Registry.Peers.Select(p => p.Id.Value).SequenceEqual(names), () => $"peers are {string.Join(' ', names)}; now {string.Join(' ', Registry.Peers.Select(p => p.Id))}");

    public async ValueTask DisposeAsync()
    {
        await Registry.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
        Registry.Dispose();
    }

    private static async Task EventuallyAsync(Func<bool> holds, Func<string> what)
    {
        var clock = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"After 20 s it does not hold that {what()}.");
            await Task.Delay(5);
        }
    }

    private sealed class HostingEnvironment : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = "Test";
        public string ApplicationName { get; set; } = "test";
        public string ContentRootPath { get; set; } = AppContext.BaseDirectory;
        public Microsoft.Extensions.FileProviders.IFileProvider ContentRootFileProvider { get; set; } = null!;
    }
}

/// <summary>Actors that live on the worker that is set, as placement would have them.</summary>
internal sealed class MovingActors : IExpertActors
{
    public required WorkerHost Worker { get; set; }

    public Task<ExpertStatus> ConfigureAsync(ExpertSpec spec, CancellationToken cancellationToken) => Worker.ConfigureAsync(spec, cancellationToken);

    public Task<ExpertStatus> DescribeAsync(ExpertId expert, CancellationToken cancellationToken) => Worker.DescribeAsync(expert, cancellationToken);

    public Task<StreamAdmission> AdmitAsync(ExpertId expert, CancellationToken cancellationToken) => Worker.AdmitAsync(expert, cancellationToken);

    public Task<byte[]> StepAsync(ExpertId expert, byte[] batch, CancellationToken cancellationToken) => Worker.StepAsync(expert, batch, cancellationToken);

    public Task ReleaseAsync(ExpertId expert, byte[] sessions, CancellationToken cancellationToken) => Worker.ReleaseAsync(expert, sessions, cancellationToken);

    public Task<byte[]> EmbedAsync(ExpertId expert, byte[] texts, CancellationToken cancellationToken) => Worker.EmbedAsync(expert, texts, cancellationToken);

    public Task RetireAsync(ExpertId expert, CancellationToken cancellationToken) => Worker.RetireAsync(expert, cancellationToken);
}

/// <summary>A store that forgets nothing while the test lasts, and can be away.</summary>
internal sealed class MemoryStore : ISpecStore
{
    public StoredExperts Stored { get; private set; } = new();

    public bool Away { get; set; }

    public Task<StoredExperts> LoadAsync(CancellationToken cancellationToken) =>
        Away ? throw new SpecStoreException("away") : Task.FromResult(Stored);

    public Task ChangeAsync(Func<StoredExperts, StoredExperts> change, CancellationToken cancellationToken)
    {
        Stored = Away ? throw new SpecStoreException("away") : change(Stored);
        return Task.CompletedTask;
    }
}
