using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.Actors;

/// <summary>Deactivates actors that nobody called for their idle time.</summary>
internal sealed partial class ActorIdling(ActorTable table, TimeProvider time, ILogger<ActorIdling> logger) : BackgroundService
{
    private static readonly TimeSpan Scan = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Scan, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            foreach (var (actor, entry) in table.Active)
                if (entry.Turns.Pending == 0 && time.GetElapsedTime(entry.Turns.LastUse) > entry.Owner!.Actors.IdleTimeout)
                    await DeactivateAsync(actor, entry, stoppingToken);
    }

    private async Task DeactivateAsync(ActorKey actor, ActorTable.Entry entry, CancellationToken stop)
    {
        await entry.Turns.EnterAsync(null, 1, stop);
        try
        {
            if (entry.Owner is not { IsUp: true } owner)
                return;
            using var request = new HttpRequestMessage(HttpMethod.Delete, owner.Url($"/actors/{actor.Type}/{actor.Id}"));
            using var response = await owner.SendAsync(request, stop);
            entry.Owner = null;
            LogIdle(logger, actor);
        }
        catch (HttpRequestException)
        {
            // It is gone with its host.
        }
        finally
        {
            entry.Turns.Leave();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Actor {Actor} was idle and is deactivated")]
    private static partial void LogIdle(ILogger logger, ActorKey actor);
}
