using System.Collections.Immutable;
using Mesh.Contracts.Catalog;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Inference.Tokenizer;
using Microsoft.Extensions.Options;

namespace Router.Api.Experts;

/// <summary>All experts of this mesh: those of the catalogue (<c>Mesh:Models</c>) and those registered at run time, each kept by its supervisor.</summary>
internal sealed partial class ExpertRegistry(
    IExpertActors actors, IExpertTransport transport, ISpecStore store, IOptions<RegistryOptions> options, IHostEnvironment environment,
    TimeProvider time, ILoggerFactory loggers) : BackgroundService, IExpertDirectory, IExpertPool
{
    private static readonly TimeSpan StoreGrace = TimeSpan.FromSeconds(10);
    private readonly ILogger _logger = loggers.CreateLogger<ExpertRegistry>();
    private readonly TokenizerElection _tokenizer = new(options.Value.TokenizerGrace, time);
    private readonly SemaphoreSlim _changes = new(1);
    private readonly Lock _gate = new();
    private ImmutableArray<ExpertSupervisor> _experts = [];
    private ImmutableHashSet<ExpertId> _offline = [];
    private ExpertLayers _layers = new();
    private PoolSnapshot _pool = new([]);
    private bool _stopping;

    public string? TokenizerFingerprint => _tokenizer.Fingerprint;

    public string? TokenizerModelPath => _tokenizer.ModelPath;

    public ImmutableArray<ExpertPeer> Peers => Volatile.Read(ref _pool).Peers;

    public IReadOnlyList<ExpertStatus> List() => [.. Current().Select(e => e.Status)];

    public bool IsOffline(ExpertId id)
    {
        lock (_gate)
            return _offline.Contains(id);
    }

    public Task WaitForChangeAsync(ImmutableArray<ExpertPeer> seen, CancellationToken cancellationToken)
    {
        var pool = Volatile.Read(ref _pool);
        return pool.Peers == seen ? pool.Replaced.Task.WaitAsync(cancellationToken) : Task.CompletedTask;
    }

    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        await _tokenizer.Elected.WaitAsync(cancellationToken);
        while (Peers is { IsEmpty: true } none)
            await WaitForChangeAsync(none, cancellationToken);
    }

    public async Task<ExpertStatus> RegisterAsync(ExpertSpec spec, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken);
        try
        {
            if (Find(spec.Id) is { } known && known.Spec == spec && known.Status.State != ExpertState.Refused)
                return known.Status;
            await store.ChangeAsync(stored => stored.With(spec), cancellationToken);
            _layers = _layers with { Stored = _layers.Stored.With(spec) };
            if (Find(spec.Id) is { } refused && refused.Spec == spec)
                await ReplaceAsync(refused, spec);
            await ReconcileAsync(cancellationToken);
            return Find(spec.Id)?.Status ?? new() { Id = spec.Id, State = ExpertState.Refused, Reason = "People removed it." };
        }
        finally
        {
            _changes.Release();
        }
    }

    public async Task<bool> RemoveAsync(ExpertId id, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken);
        try
        {
            if (Find(id) is null)
                return false;
            await store.ChangeAsync(stored => stored.Without(id), cancellationToken);
            _layers = _layers with { Stored = _layers.Stored.Without(id) };
            await ReconcileAsync(cancellationToken);
            return true;
        }
        finally
        {
            _changes.Release();
        }
    }

    public async Task<bool> SetOfflineAsync(ExpertId id, bool offline, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken);
        try
        {
            if (Find(id) is null)
                return false;
            await store.ChangeAsync(stored => stored.WithOffline(id, offline), cancellationToken);
            _layers = _layers with { Stored = _layers.Stored.WithOffline(id, offline) };
            await ReconcileAsync(cancellationToken);
            return true;
        }
        finally
        {
            _changes.Release();
        }
    }

    public async Task GovernAsync(IReadOnlyList<ExpertSpec> admitted, IReadOnlyList<ExpertId> removed, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken);
        try
        {
            _layers = _layers with { Admitted = admitted, Removed = removed };
            await ReconcileAsync(cancellationToken);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <exception cref="CatalogException">The catalogue cannot be read: the router does not start.</exception>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Tokenizer is { Length: > 0 } file)
        {
            using var tokenizer = ModelTokenizer.Load(Path.GetFullPath(file, environment.ContentRootPath));
            _tokenizer.Set(tokenizer.Fingerprint, Path.GetFullPath(file, environment.ContentRootPath), "Mesh:Tokenizer");
        }
        _layers = _layers with { Catalogue = options.Value.Models.Length > 0 ? ModelCatalog.Read(options.Value.Models, environment.ContentRootPath) : [] };
        _experts = [.. _layers.Wanted.Select(Supervise)];
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        lock (_gate)
            _stopping = true;
        await Task.WhenAll(Current().Select(e => e.StopAsync()));
    }

    /// <summary>
    /// Starts the catalogue's experts, but for those that were removed, and adds what was registered before the last restart. A store that does not answer is not
    /// waited for: what it has to say then comes later.
    /// </summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var backoff = new Backoff(options.Value.MaxRetryDelay, time);
        var (started, isSaid) = (time.GetTimestamp(), false);
        while (true)
        {
            var known = false;
            await _changes.WaitAsync(stoppingToken);
            try
            {
                _layers = _layers with { Stored = await store.LoadAsync(stoppingToken) };
                await ReconcileAsync(stoppingToken);
                known = true;
            }
            catch (SpecStoreException fault)
            {
                // Router and sidecar start side by side: for a while that is nothing to tell.
                if (!isSaid && (isSaid = time.GetElapsedTime(started) > StoreGrace))
                    LogNoStore(fault.Message);
            }
            finally
            {
                _changes.Release();
            }
            foreach (var expert in Current())
                expert.Start();
            if (known)
                return;
            await backoff.WaitAsync(stoppingToken);
        }
    }

    /// <summary>Makes the experts those that the layers want, in that order; the ones that are there already run on.</summary>
    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        var wanted = _layers.Wanted;
        lock (_gate)
            _offline = [.. _layers.Stored.Offline];
        foreach (var expert in Current().Where(e => wanted.All(w => w.Id != e.Spec.Id)))
            await ForgetAsync(expert, cancellationToken);
        foreach (var spec in wanted)
            if (Find(spec.Id) is var known && known?.Spec != spec)
                await ReplaceAsync(known, spec);
        lock (_gate)
            _experts = [.. _experts.OrderBy(e => wanted.FindIndex(w => w.Id == e.Spec.Id))];
        Rebuild();
    }

    private async Task ForgetAsync(ExpertSupervisor expert, CancellationToken cancellationToken)
    {
        lock (_gate)
            _experts = _experts.Remove(expert);
        Rebuild();
        if (!await expert.StopAsync())
            return;
        try
        {
            await actors.RetireAsync(expert.Spec.Id, cancellationToken);
        }
        catch (ExpertUnreachableException unreachable)
        {
            LogNotRetired(expert.Spec.Id, unreachable.Reason);
        }
    }

    private async Task ReplaceAsync(ExpertSupervisor? old, ExpertSpec spec)
    {
        if (old is not null)
            await old.StopAsync();
        var expert = Supervise(spec);
        lock (_gate)
        {
            if (_stopping)
                return;
            _experts = old is null ? _experts.Add(expert) : _experts.Replace(old, expert);
        }
        Rebuild();
        expert.Start();
    }

    private ExpertSupervisor Supervise(ExpertSpec spec) =>
        new(spec, actors, transport, RejectsAsync, options.Value, time, loggers.CreateLogger<ExpertSupervisor>(), Rebuild);

    private Task<string?> RejectsAsync(ExpertId id, ModelCard card, CancellationToken cancellationToken) => _tokenizer.RejectsAsync(
        id, card, () => Current().TakeWhile(e => e.Spec.Id != id).Select(e => e.Status.State), cancellationToken);

    private ImmutableArray<ExpertSupervisor> Current()
    {
        lock (_gate)
            return _experts;
    }

    private ExpertSupervisor? Find(ExpertId id) => Current().FirstOrDefault(e => e.Spec.Id == id);

    /// <summary>Publishes the experts that may be asked now, if they are others than before.</summary>
    private void Rebuild()
    {
        PoolSnapshot old;
        lock (_gate)
        {
            old = _pool;
            ImmutableArray<ExpertPeer> peers =
                [.. _experts.Where(e => !_offline.Contains(e.Spec.Id)).Select(e => e.Peer).OfType<ExpertPeer>()];
            if (peers.AsSpan().SequenceEqual(old.Peers.AsSpan()))
                return;
            Volatile.Write(ref _pool, new(peers));
        }
        old.Replaced.TrySetResult();
    }

    private sealed record PoolSnapshot(ImmutableArray<ExpertPeer> Peers)
    {
        public TaskCompletionSource Replaced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [LoggerMessage(LogLevel.Warning, "The experts registered at run time are not known yet, it is tried on: {Reason}")]
    private partial void LogNoStore(string reason);

    [LoggerMessage(LogLevel.Warning, "Expert {Expert} is removed, but its worker was not reached and keeps it until it notices: {Reason}")]
    private partial void LogNotRetired(ExpertId expert, string reason);
}
