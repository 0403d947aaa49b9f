using Mesh.Contracts.Catalog;
using Mesh.Contracts.Experts;
using Microsoft.Extensions.Options;

namespace Expert.Worker.Experts;

/// <summary>
/// Prepares the catalogue's experts that are not here (<see cref="WorkerOptions.Standby"/>), one after the other while nothing else is loaded, and again those
/// that were here and have left.
/// </summary>
internal sealed partial class Standby(
    IExpertLoader loader, ExpertHost host, ModelRoots roots, MemoryBudget budget, IConfiguration configuration, IHostEnvironment environment,
    IOptions<WorkerOptions> options, TimeProvider time, ILogger<Standby> logger) : BackgroundService
{
    /// <summary>The first pause lets experts come up whose actors are placed here from the start.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly HashSet<ExpertId> _skipped = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Standby || Catalogue() is not { Count: > 0 } catalogue)
            return;
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            foreach (var spec in catalogue)
                if (!_skipped.Contains(spec.Id) && host.Find(spec.Id) is null && host.IsAtRest)
                    await PrepareAsync(spec, stoppingToken);
    }

    private async Task PrepareAsync(ExpertSpec wanted, CancellationToken cancellationToken)
    {
        try
        {
            var (spec, bytes) = roots.Resolve(wanted);
            // Memory that it does not get now it may get when others have left.
            if (loader.IsPrepared(spec) || bytes > budget.Unused)
                return;
            var started = time.GetTimestamp();
            var kept = await loader.PrepareAsync(spec, budget.Unused, cancellationToken);
            if (kept == 0)
                _skipped.Add(spec.Id);
            else if (budget.TryKeep(spec.Id, kept, () => loader.Forget(spec)))
                LogReady(spec.Id, kept >> 20, time.GetElapsedTime(started).TotalMilliseconds);
            else
                loader.Forget(spec);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception fault)
        {
            // It is refused with this reason once it is asked for.
            _skipped.Add(wanted.Id);
            LogNotPrepared(wanted.Id, fault.Message);
        }
    }

    private IReadOnlyList<ExpertSpec> Catalogue()
    {
        try
        {
            return configuration["Mesh:Models"] is { Length: > 0 } models ? ModelCatalog.Read(models, environment.ContentRootPath) : [];
        }
        catch (CatalogException)
        {
            return []; // said by the model roots
        }
    }

    [LoggerMessage(LogLevel.Debug, "Expert {Expert} is on standby: {MiB} MiB, in {Milliseconds:0} ms")]
    private partial void LogReady(ExpertId expert, long miB, double milliseconds);

    [LoggerMessage(LogLevel.Debug, "Expert {Expert} is not kept on standby: {Reason}")]
    private partial void LogNotPrepared(ExpertId expert, string reason);
}
