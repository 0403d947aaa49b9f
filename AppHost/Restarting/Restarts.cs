using System.Diagnostics;
using AppHost.Starting;
using AppHost.Stopping;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AppHost.Restarting;

/// <summary>
/// Starts again what ended though nobody stopped it in the dashboard, whatever its exit code, with growing pauses. Aspire leaves it as it is.
/// </summary>
internal sealed class Restarts(
    ResourceNotificationService notifications, ResourceCommandService commands, ResourceLoggerService logs, IHostApplicationLifetime life, TimeProvider time, DataFolder folder) : BackgroundService
{
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan NewsAfter = TimeSpan.FromSeconds(3);
    private readonly Dictionary<string, Life> _lives = [];

    private sealed class Life
    {
        public bool Started, Asked, WasHealthy;
        public int Crashes, Pid;
        public long Since;
        public Task Ended = Task.CompletedTask;
    }

    /// <summary>0.25 s, doubled with every crash in a row, at most 30 s.</summary>
    internal static TimeSpan BackOff(int crashes) => TimeSpan.FromSeconds(Math.Min(30, 0.25 * Math.Pow(2, Math.Min(crashes, 10))));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, life.ApplicationStopping);
            await foreach (var update in notifications.WatchAsync(stop.Token))
                if (update.Resource is ProjectResource or ExecutableResource && !update.Snapshot.IsHidden)
                    await SeeAsync(update);
        }
        catch (OperationCanceledException)
        {
            // The application stops.
        }
    }

    private async Task SeeAsync(ResourceEvent update)
    {
        var (now, id) = (update.Snapshot, update.ResourceId);
        if (!_lives.TryGetValue(id, out var it))
            _lives[id] = it = new();
        var state = now.State?.Text;
        if (state == KnownResourceStates.Stopping)
            it.Asked = true; // a user's stop ends as a crash does: only this tells them apart
        else if (state is not null && !KnownResourceStates.TerminalStates.Contains(state))
        {
            if (state != KnownResourceStates.Running && state != KnownResourceStates.Starting)
                return;
            if (!it.Started)
                (it.Started, it.Asked, it.WasHealthy, it.Since) = (true, false, false, time.GetTimestamp());
            if (now.Properties.FirstOrDefault(p => p.Name == "executable.pid")?.Value is int pid and > 0 && pid != it.Pid)
                (it.Pid, it.Ended) = (pid, EndAsync(update.Resource.Name, it, pid));
            it.WasHealthy |= now.HealthStatus is HealthStatus.Healthy && update.Resource.HasAnnotationOfType<HealthCheckAnnotation>();
        }
        else if (it.Started && state is not null)
        {
            it.Started = false;
            if (!it.Asked && !life.ApplicationStopping.IsCancellationRequested)
                await OnCrashAsync(update, it);
        }
    }

    /// <summary>The orchestrator sees the end of a process only when nobody holds its output any more: what it had started and left behind must go.</summary>
    private async Task EndAsync(string resource, Life it, int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            await process.WaitForExitAsync(life.ApplicationStopping);
        }
        catch (ArgumentException)
        {
            // It ended already.
        }
        catch (OperationCanceledException)
        {
            return;
        }
        // A stop in the dashboard takes them itself, and another process of that name may be up already.
        if (!it.Asked)
            Marks.KillLeftBehind(resource, folder.Path);
    }

    private async Task OnCrashAsync(ResourceEvent ended, Life it)
    {
        var lived = time.GetElapsedTime(it.Since);
        if (lived > SteadyAfter)
            it.Crashes = 0;
        // One that was well is no crash loop: it comes back soon. Just after a start Aspire may still tell of the health before.
        var pause = BackOff(it.WasHealthy && lived > NewsAfter ? Math.Min(it.Crashes, 2) : it.Crashes);
        it.Crashes++;
        var how = ended.Snapshot.State?.Text == KnownResourceStates.FailedToStart ? "could not be started"
            : ended.Snapshot.ExitCode is { } code and >= 0 ? $"exited with code {code}" : "was killed";
        logs.GetLogger(ended.ResourceId).LogWarning("[{How}; started again in {Pause:0.##} s]", how, pause.TotalSeconds);
        await notifications.PublishUpdateAsync(ended.Resource, ended.ResourceId, s => s with { State = new(KnownResourceStates.Exited, KnownResourceStateStyles.Error) });
        _ = StartAgainAsync(ended, it, pause);
    }

    private async Task StartAgainAsync(ResourceEvent ended, Life it, TimeSpan pause)
    {
        var crash = it.Crashes;
        try
        {
            await it.Ended;
            for (var refused = 1; ; refused++)
            {
                await Task.Delay(pause, time, life.ApplicationStopping);
                // Somebody may have started it meanwhile, and stopped it again; or the start that failed showed in its state, and was answered as a crash.
                if (it.Asked || it.Crashes != crash || !notifications.TryGetCurrentState(ended.ResourceId, out var now) || !KnownResourceStates.TerminalStates.Contains(now.Snapshot.State?.Text))
                    return;
                var result = await commands.ExecuteCommandAsync(ended.ResourceId, KnownResourceCommands.StartCommand, life.ApplicationStopping);
                if (result.Success)
                    return;
                logs.GetLogger(ended.ResourceId).LogError("[could not be started again: {Message}]", result.Message);
                pause = BackOff(crash + refused - 1);
            }
        }
        catch (OperationCanceledException)
        {
            // The application stops.
        }
    }
}
