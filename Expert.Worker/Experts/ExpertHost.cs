using Mesh.Contracts.Experts;
using Microsoft.Extensions.Options;

namespace Expert.Worker.Experts;

/// <summary>
/// The experts of this process. Actors say what shall be here; loading and unloading happen behind their backs, so that turns stay short.
/// Models are loaded one after the other, so that the speed that is measured then is one the expert can keep; those on standby have been measured.
/// </summary>
internal sealed partial class ExpertHost(
    IExpertLoader loader, ModelRoots roots, MemoryBudget budget, IOptions<WorkerOptions> options, TimeProvider time, ILogger<ExpertHost> logger)
    : BackgroundService, IHostedLifecycleService
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ExpertId, HostedExpert> _experts = [];
    private readonly SemaphoreSlim _loads = new(1);
    private bool _draining;

    public HostedExpert? Find(ExpertId id)
    {
        lock (_gate)
            return _experts.GetValueOrDefault(id);
    }

    /// <summary>Has the expert of this specification here: it is loaded in the background unless it is there already. One that was refused is tried anew on request.</summary>
    public HostedExpert Ensure(ExpertSpec spec, bool again = false)
    {
        HostedExpert? old;
        HostedExpert expert;
        lock (_gate)
        {
            old = _experts.GetValueOrDefault(spec.Id);
            if (old is not null && old.Spec == spec && !(again && old.IsRefused))
            {
                old.Touch();
                old.IsLeaving = false;
                return old;
            }
            expert = _experts[spec.Id] = new HostedExpert(spec, time);
            if (_draining)
                expert.BeginDrain();
            else
                expert.Loading = Task.Run(() => LoadAsync(expert, old));
        }
        return expert;
    }

    /// <summary>Unloads it, if it is here.</summary>
    public async Task RemoveAsync(ExpertId id)
    {
        HostedExpert? expert;
        lock (_gate)
            if (!_experts.Remove(id, out expert))
                return;
        await UnloadAsync(expert);
    }

    /// <summary>Its actor goes elsewhere: it is unloaded once no router has a stream to it, which is when it is ready there, unless the actor comes back before.</summary>
    public async Task LeaveAsync(ExpertId id)
    {
        if (Find(id) is not { } expert)
            return;
        expert.IsLeaving = true;
        await GoAsync(expert);
    }

    public async Task OnStreamClosedAsync(HostedExpert expert)
    {
        expert.OnStreamClosed();
        await GoAsync(expert);
    }

    /// <summary>Whether nothing is being loaded.</summary>
    public bool IsAtRest
    {
        get
        {
            lock (_gate)
                return _experts.Values.All(e => e.Loading.IsCompleted);
        }
    }

    /// <summary>Refuses new sessions, waits for the running steps within <see cref="WorkerOptions.DrainTimeout"/> and unloads everything.</summary>
    public async Task DrainAsync()
    {
        HostedExpert[] experts;
        lock (_gate)
        {
            _draining = true;
            experts = [.. _experts.Values];
        }
        using var deadline = new CancellationTokenSource(options.Value.DrainTimeout, time);
        try
        {
            await Task.WhenAll(experts.Select(e => e.DrainAsync(deadline.Token)));
        }
        catch (OperationCanceledException)
        {
            LogDrainTimedOut(options.Value.DrainTimeout);
        }
        await Task.WhenAll(experts.Select(e => RemoveAsync(e.Spec.Id)));
    }

    /// <summary>SIGTERM: drained before the server stops listening, so that what runs can still be answered.</summary>
    Task IHostedLifecycleService.StoppingAsync(CancellationToken cancellationToken) => DrainAsync();

    Task IHostedLifecycleService.StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Unloads experts whose actor has moved on without a word: its sidecar died, say.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.OrphanTimeout / 10, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            HostedExpert[] orphans;
            lock (_gate)
                orphans = [.. _experts.Values.Where(e => e.Unused > options.Value.OrphanTimeout)];
            foreach (var orphan in orphans)
            {
                LogOrphan(orphan.Spec.Id, orphan.Unused);
                await RemoveAsync(orphan.Spec.Id);
            }
        }
    }

    private async Task GoAsync(HostedExpert expert)
    {
        lock (_gate)
            if (expert is not { IsLeaving: true, HasStreams: false } || Find(expert.Spec.Id) != expert || !_experts.Remove(expert.Spec.Id))
                return;
        await UnloadAsync(expert);
    }

    private async Task LoadAsync(HostedExpert expert, HostedExpert? old)
    {
        var id = expert.Spec.Id;
        if (old is not null)
            await UnloadAsync(old);
        try
        {
            var (spec, bytes) = roots.Resolve(expert.Spec);
            if (loader.IsPrepared(spec))
            {
                await OpenAsync(expert, spec, bytes);
                return;
            }
            await _loads.WaitAsync(expert.Stopping);
            try
            {
                await OpenAsync(expert, spec, bytes);
            }
            finally
            {
                _loads.Release();
            }
        }
        catch (OperationCanceledException) when (expert.Stopping.IsCancellationRequested)
        {
            budget.Free(id);
        }
        catch (Exception fault)
        {
            budget.Free(id);
            expert.Refuse(fault.Message);
            LogRefused(id, fault.Message, fault is ExpertRefusedException ? null : fault);
        }
    }

    private async Task OpenAsync(HostedExpert expert, ExpertSpec spec, long bytes)
    {
        var (id, started) = (spec.Id, time.GetTimestamp());
        var backend = await loader.LoadAsync(spec, budget.Hold(id, bytes), expert, expert.Stopping);
        try
        {
            budget.Hold(id, backend.Card.MemoryBytes);
        }
        catch
        {
            await backend.DisposeAsync();
            throw;
        }
        expert.Loaded(backend);
        LogLoaded(id, backend.Card.TokensPerSecond, backend.Card.MemoryBytes >> 20, time.GetElapsedTime(started).TotalMilliseconds);
    }

    private async Task UnloadAsync(HostedExpert expert)
    {
        try
        {
            await expert.UnloadAsync();
            LogUnloaded(expert.Spec.Id);
        }
        catch (Exception fault)
        {
            LogUnloadFailed(expert.Spec.Id, fault);
        }
        if (Find(expert.Spec.Id) is null)
            budget.Free(expert.Spec.Id);
    }

    [LoggerMessage(LogLevel.Information, "Expert {Expert} is loaded: {TokensPerSecond:0.0} tokens/s, {MiB} MiB, in {Milliseconds:0} ms")]
    private partial void LogLoaded(ExpertId expert, float tokensPerSecond, long miB, double milliseconds);

    [LoggerMessage(LogLevel.Warning, "Expert {Expert} is refused: {Reason}")]
    private partial void LogRefused(ExpertId expert, string reason, Exception? fault);

    [LoggerMessage(LogLevel.Information, "Expert {Expert} is unloaded")]
    private partial void LogUnloaded(ExpertId expert);

    [LoggerMessage(LogLevel.Error, "Unloading expert {Expert} failed")]
    private partial void LogUnloadFailed(ExpertId expert, Exception fault);

    [LoggerMessage(LogLevel.Information, "Expert {Expert} is not asked for here since {Unused}")]
    private partial void LogOrphan(ExpertId expert, TimeSpan unused);

    [LoggerMessage(LogLevel.Warning, "Steps still ran after {Timeout}; they are ended")]
    private partial void LogDrainTimedOut(TimeSpan timeout);
}
