using System.Threading.Channels;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.Actors;

/// <summary>
/// Spreads actors evenly again when a host has joined, as Dapr's placement does: those beyond a host's share leave it between two turns and come up elsewhere with
/// their next call or reminder. Their timers end.
/// </summary>
internal sealed partial class ActorBalance(ActorTable table, ActorIdling idling, AppMonitor monitor, TimeProvider time, ILogger<ActorBalance> logger) : BackgroundService
{
    /// <summary>A host that has only just come up is slow at first, and others may follow it.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);

    private const int AtOnce = 16;

    private readonly Channel<AppInstance> _joined = Channel.CreateBounded<AppInstance>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        monitor.Changed += OnChanged;
        try
        {
            while (await _joined.Reader.WaitToReadAsync(stoppingToken))
            {
                while (_joined.Reader.TryRead(out _))
                    await Task.Delay(Pause, time, stoppingToken);
                foreach (var type in table.SharedTypes)
                    await SpreadAsync(type, stoppingToken);
            }
        }
        finally
        {
            monitor.Changed -= OnChanged;
        }
    }

    private async Task SpreadAsync(string type, CancellationToken stoppingToken)
    {
        var excess = table.Excess(type);
        if (excess.Count == 0)
            return;
        LogMoving(logger, excess.Count, type);
        await Parallel.ForEachAsync(
            excess, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken }, async (actor, _) => await idling.MoveAsync(actor.Key, actor.Value));
    }

    private void OnChanged(AppInstance app)
    {
        if (app.IsUp)
            _joined.Writer.TryWrite(app);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} actors of type {Type} leave hosts that have more than their share")]
    private static partial void LogMoving(ILogger logger, int count, string type);
}
