using Dapr.Sidecar.Actors.Timers;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.Actors;

/// <summary>Deactivates actors that nobody called for their idle time, and all of them when the sidecar stops.</summary>
internal sealed partial class ActorIdling(ActorTable table, ActorTimers timers, TimeProvider time, ILogger<ActorIdling> logger) : BackgroundService
{
    private static readonly TimeSpan Scan = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Scan, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await Task.WhenAll(table.Active.Where(a => IsIdle(a.Key, a.Value)).Select(a => DeactivateAsync(a.Key, a.Value, Limit, moves: false)));
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(table.Active.Select(a => DeactivateAsync(a.Key, a.Value, StopLimit, moves: false)));
    }

    private bool IsIdle(ActorKey actor, ActorTable.Entry entry) =>
        entry.Turns.Pending == 0 && entry.Owner is { } owner && time.GetElapsedTime(entry.Turns.LastUse) > owner.Actors.Of(actor.Type).IdleTimeout;

    /// <summary>Has the actor leave its host between two turns, whoever waits for one: they find it at its next host.</summary>
    public Task MoveAsync(ActorKey actor, ActorTable.Entry entry) => DeactivateAsync(actor, entry, Limit, moves: true);

    private async Task DeactivateAsync(ActorKey actor, ActorTable.Entry entry, TimeSpan limit, bool moves)
    {
        using var end = new CancellationTokenSource(limit, time);
        try
        {
            if (await entry.Turns.EnterAsync(null, 1, end.Token) is not TurnEntry.Entered)
                return;
        }
        catch (OperationCanceledException)
        {
            return;
        }
        // A call that came meanwhile keeps an idle one awake.
        if (entry.Owner is not { IsUp: true } owner || (!moves && !entry.Turns.TryRetire()))
        {
            entry.Turns.Leave();
            return;
        }
        if (moves)
        {
            entry.Turns.Retire();
            timers.DeleteAll(actor);
        }
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Delete, owner.Url($"/actors/{actor.Type}/{actor.Id}"));
            using var response = await owner.SendAsync(request, end.Token);
            LogIdle(logger, actor);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException)
        {
            // It is gone with its host, or the host takes its time.
        }
        finally
        {
            table.Forget(actor, entry);
            entry.Turns.Leave();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Actor {Actor} is deactivated")]
    private static partial void LogIdle(ILogger logger, ActorKey actor);
}
