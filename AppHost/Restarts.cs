using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AppHost;

/// <summary>Starts again what ended though nobody stopped it, with growing pauses: a service that crashed, a sidecar whatever its exit code. Aspire leaves both as they are.</summary>
internal sealed class Restarts(ResourceNotificationService notifications, ResourceCommandService commands, TimeProvider time, ILogger<Restarts> logger) : BackgroundService
{
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromSeconds(30);
    private readonly Dictionary<string, Life> _lives = [];

    private sealed class Life
    {
        public bool Running, Asked, WasHealthy;
        public int Crashes;
        public long Started;
    }

    /// <summary>0.25 s, doubled with every crash in a row, at most 30 s.</summary>
    internal static TimeSpan BackOff(int crashes) => TimeSpan.FromSeconds(Math.Min(30, 0.25 * Math.Pow(2, Math.Min(crashes, 10))));

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        try
        {
            await foreach (var update in notifications.WatchAsync(stop))
                if (update.Resource is ProjectResource or ExecutableResource && !update.Snapshot.IsHidden)
                    See(update, stop);
        }
        catch (OperationCanceledException)
        {
            // The application stops.
        }
    }

    private void See(ResourceEvent update, CancellationToken stop)
    {
        var (now, id) = (update.Snapshot, update.ResourceId);
        if (!_lives.TryGetValue(id, out var life))
            _lives[id] = life = new();
        var state = now.State?.Text;
        if (state == KnownResourceStates.Stopping)
            life.Asked = true;
        else if (state == KnownResourceStates.Running)
        {
            if (!life.Running)
                (life.Running, life.Asked, life.WasHealthy, life.Started) = (true, false, false, time.GetTimestamp());
            life.WasHealthy |= now.HealthStatus is Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy;
        }
        else if (life.Running && state is not null && KnownResourceStates.TerminalStates.Contains(state))
        {
            life.Running = false;
            if (life.Asked || update.Resource is ProjectResource && now.ExitCode is 0)
                return;
            if (time.GetElapsedTime(life.Started) > SteadyAfter)
                life.Crashes = 0;
            // One that was well is no crash loop: it comes back soon.
            var pause = BackOff(life.WasHealthy ? Math.Min(life.Crashes, 2) : life.Crashes);
            life.Crashes++;
            logger.LogWarning("{Resource} ended with exit code {ExitCode}; started again in {Pause:0.##} s", update.Resource.Name, now.ExitCode, pause.TotalSeconds);
            _ = StartAgainAsync(update, pause, stop);
        }
    }

    private async Task StartAgainAsync(ResourceEvent ended, TimeSpan pause, CancellationToken stop)
    {
        try
        {
            await Task.Delay(pause, time, stop);
            var result = await commands.ExecuteCommandAsync(ended.ResourceId, KnownResourceCommands.StartCommand, stop);
            if (!result.Success)
                logger.LogError("{Resource} could not be started again: {Message}", ended.Resource.Name, result.Message);
        }
        catch (OperationCanceledException)
        {
            // The application stops.
        }
    }
}
