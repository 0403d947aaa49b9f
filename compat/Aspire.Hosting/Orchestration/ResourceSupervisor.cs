using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration;

/// <summary>One resource's life: wait for what it needs, start, watch its health, restart it with growing pauses when it crashes, stop it cleanly.</summary>
internal sealed class ResourceSupervisor(
    IResource resource, ResourceNotificationService notifications, ResourceLogs logs, OrphanGuard guard, DistributedApplicationExecutionContext execution, TimeProvider time)
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastLinesLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromSeconds(30);
    private readonly Lock _gate = new();
    private CancellationTokenSource? _stop;
    private Task _life = Task.CompletedTask;
    private volatile bool _wasHealthy;

    public IResource Resource { get; } = resource;

    public void Start()
    {
        lock (_gate)
        {
            if (!_life.IsCompleted)
                return;
            _stop = new();
            var token = _stop.Token;
            _life = Task.Run(() => LiveAsync(token), CancellationToken.None);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _stop?.Cancel();
            return _life.WaitAsync(cancellationToken);
        }
    }

    /// <summary>0.25 s, doubled with every crash in a row, at most 30 s.</summary>
    internal static TimeSpan BackOff(int crashes) => TimeSpan.FromSeconds(Math.Min(30, 0.25 * Math.Pow(2, Math.Min(crashes, 10))));

    private async Task LiveAsync(CancellationToken stop)
    {
        try
        {
            await WaitForDependenciesAsync(stop);
            for (var crashes = 0; ; crashes++)
            {
                var started = time.GetTimestamp();
                _wasHealthy = false;
                var exitCode = await RunOnceAsync(stop);
                if (stop.IsCancellationRequested || (exitCode is 0 && !Resource.Annotations.OfType<EndlessAnnotation>().Any()))
                {
                    await SetAsync(s => s with { State = KnownResourceStates.Finished, ExitCode = exitCode, HealthStatus = null });
                    return;
                }
                if (time.GetElapsedTime(started) > SteadyAfter)
                    crashes = 0;
                // One that was well is no crash loop: it comes back soon.
                var pause = BackOff(_wasHealthy ? Math.Min(crashes, 2) : crashes);
                logs.Write(Resource.Name, $"[exited with code {exitCode}; restarted in {pause.TotalSeconds:0.##} s]");
                await SetAsync(s => s with { State = new(KnownResourceStates.Exited, "error"), ExitCode = exitCode, HealthStatus = HealthStatus.Unhealthy });
                await Task.Delay(pause, time, stop);
            }
        }
        catch (OperationCanceledException)
        {
            await SetAsync(s => s with { State = KnownResourceStates.Finished, HealthStatus = null });
        }
        catch (Exception fault) when (fault is DistributedApplicationException or Win32Exception or IOException)
        {
            logs.Write(Resource.Name, $"[failed to start: {fault.Message}]");
            await SetAsync(s => s with { State = new(KnownResourceStates.FailedToStart, "error"), HealthStatus = HealthStatus.Unhealthy });
        }
    }

    private async Task WaitForDependenciesAsync(CancellationToken stop)
    {
        var waits = Resource.Annotations.OfType<WaitAnnotation>().ToArray();
        if (waits.Length > 0)
            await SetAsync(s => s with { State = KnownResourceStates.Waiting });
        foreach (var wait in waits)
            await (wait.WaitType switch
            {
                WaitType.WaitUntilHealthy => notifications.WaitForResourceAsync(wait.Resource.Name, ResourceNotificationService.IsHealthy, stop),
                WaitType.WaitUntilStarted => notifications.WaitForResourceAsync(wait.Resource.Name, KnownResourceStates.Running, stop),
                _ => notifications.WaitForResourceAsync(wait.Resource.Name, e => e.Snapshot.State?.Text == KnownResourceStates.Finished && e.Snapshot.ExitCode == wait.ExitCode, stop),
            });
    }

    private async Task<int> RunOnceAsync(CancellationToken stop)
    {
        await SetAsync(s => s with { State = KnownResourceStates.Starting });
        var plan = await ProcessPlan.MakeAsync(Resource, execution, stop);
        var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var process = Start(plan, exited.SetResult);
        guard.Watch(process.Id);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            await SetRunningAsync(process, plan);
            var probing = HealthProbe.WatchAsync(Resource, notifications, time, () => _wasHealthy = true, ended.Token);
            await WaitForExitAsync(process, exited.Task, stop);
            await ended.CancelAsync();
            await probing;
            return process.ExitCode;
        }
        finally
        {
            guard.Forget(process.Id);
        }
    }

    private Process Start(ProcessPlan plan, Action exited)
    {
        Directory.CreateDirectory(plan.WorkingDirectory);
        var start = OwnSession.Of(plan.Command, plan.Arguments);
        (start.WorkingDirectory, start.UseShellExecute) = (plan.WorkingDirectory, false);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        foreach (var (name, value) in plan.Environment)
            start.Environment[name] = value;
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.Exited += (_, _) => exited();
        process.OutputDataReceived += (_, line) => Forward(line.Data);
        process.ErrorDataReceived += (_, line) => Forward(line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Forward(string? line)
        {
            if (line is null)
                return;
            logs.Write(Resource.Name, line);
            if (Resource.Annotations.OfType<FatalLineAnnotation>().Any(f => line.Contains(f.Text, StringComparison.Ordinal)))
                Signals.KillGroup(process.Id);
        }
    }

    /// <summary>Ends when the process does; asked to stop, it is told so, given time, then killed. What it started and left behind goes with it.</summary>
    private async Task WaitForExitAsync(Process process, Task exited, CancellationToken stop)
    {
        try
        {
            await exited.WaitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            await SetAsync(s => s with { State = KnownResourceStates.Stopping });
            if (!Signals.TrySendTerminate(process.Id))
                process.Kill(entireProcessTree: true);
            try
            {
                await exited.WaitAsync(StopLimit, time, CancellationToken.None);
            }
            catch (TimeoutException)
            {
                logs.Write(Resource.Name, $"[did not stop within {StopLimit.TotalSeconds:0} s: killed]");
                process.Kill(entireProcessTree: true);
                await exited;
            }
        }
        Signals.KillGroup(process.Id);
        // Its last lines; somebody who left the group may hold the pipe open for ever.
        using var limit = new CancellationTokenSource(LastLinesLimit, time);
        await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Task SetRunningAsync(Process process, ProcessPlan plan)
    {
        var probed = Resource.Annotations.OfType<HttpProbeAnnotation>().Any();
        return SetAsync(s => s with
        {
            State = new(KnownResourceStates.Running, "success"),
            ExitCode = null,
            HealthStatus = probed ? HealthStatus.Unhealthy : HealthStatus.Healthy,
            StartTimeStamp = time.GetUtcNow().UtcDateTime,
            IsHidden = Resource.Annotations.OfType<HiddenAnnotation>().Any(),
            Urls = [.. Resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.UriScheme is "http" or "https").Select(e => new UrlSnapshot(e.Name, $"{e.UriScheme}://{e.Host}:{e.Allocated}", !e.IsExternal))],
            EnvironmentVariables = [.. plan.Environment.Select(v => new EnvironmentVariableSnapshot(v.Key, v.Value, true))],
            Properties =
            [
                new("executable.path", plan.Command), new("executable.workDir", plan.WorkingDirectory),
                new("executable.args", plan.Arguments.ToImmutableArray()), new("executable.pid", process.Id),
            ],
        });
    }

    private Task SetAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) => notifications.PublishUpdateAsync(Resource, change);
}
