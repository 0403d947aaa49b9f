using System.Collections.Concurrent;
using Dapr.Workflow.Hosting;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>Holds the stream of work items open for as long as the app runs, whatever happens to the sidecar.</summary>
internal sealed partial class WorkflowWorker(SidecarConnection sidecar, WorkItemHandler handler, TimeProvider time, ILogger<WorkflowWorker> logger) : BackgroundService
{
    private static readonly TimeSpan HelloPeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastBackOff = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Task, byte> _inFlight = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();   // the host's start does not wait for a sidecar
        for (var backOff = FirstBackOff; !stoppingToken.IsCancellationRequested;)
        {
            var opened = time.GetTimestamp();
            try
            {
                await sidecar.EnsureReadyAsync(stoppingToken);
                await ServeAsync(stoppingToken);
                LogLost(sidecar.Address, "the sidecar ended the stream");
            }
            catch (Exception e) when (e is RpcException or HttpRequestException or OperationCanceledException or IOException)
            {
                if (stoppingToken.IsCancellationRequested)
                    break;
                LogLost(sidecar.Address, e is RpcException rpc ? rpc.Status.Detail : e.Message);
            }
            if (time.GetElapsedTime(opened) > LastBackOff)
                backOff = FirstBackOff;
            await Task.Delay(backOff * (0.75 + Random.Shared.NextDouble() / 2), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            backOff = TimeSpan.FromTicks(Math.Min(backOff.Ticks * 2, LastBackOff.Ticks));
        }
    }

    private async Task ServeAsync(CancellationToken stopping)
    {
        using var session = new CancellationTokenSource();
        using var call = sidecar.Client.GetWorkItems(new()
        {
            MaxConcurrentOrchestrationWorkItems = WorkItemHandler.MaxTurns,
            MaxConcurrentActivityWorkItems = WorkItemHandler.MaxActivities,
        }, cancellationToken: session.Token);
        var heartbeat = BeatAsync(session);
        var drain = DrainOnStopAsync(session, stopping);
        LogOpen(sidecar.Address);
        try
        {
            // Read promptly whatever the handlers do: a send stuck for 10 s ends the stream.
            await foreach (var item in call.ResponseStream.ReadAllAsync(session.Token))
            {
                if (!stopping.IsCancellationRequested)
                    Track(Task.Run(() => handler.HandleAsync(item, session.Token), CancellationToken.None));
            }
        }
        finally
        {
            await session.CancelAsync();
            await heartbeat;
            await drain;
        }
    }

    private void Track(Task work)
    {
        _inFlight.TryAdd(work, 0);
        work.ContinueWith(done => _inFlight.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>The headers of a stream come only with its first message, so an idle stream proves nothing: a Hello does.</summary>
    private async Task BeatAsync(CancellationTokenSource session)
    {
        try
        {
            while (true)
            {
                await Task.Delay(HelloPeriod, time, session.Token);
                await sidecar.HelloAsync(session.Token);
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            await session.CancelAsync();
        }
    }

    /// <summary>A stop finishes what is in flight while the stream still stands, since its loss would take the items back.</summary>
    private async Task DrainOnStopAsync(CancellationTokenSource session, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(session.Token, stopping);
        await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (session.IsCancellationRequested)
            return;
        await Task.WhenAll(_inFlight.Keys).WaitAsync(DrainTimeout, time, session.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await session.CancelAsync();
    }

    [LoggerMessage(LogLevel.Information, "Taking workflow work items from {Address}.")]
    private partial void LogOpen(string address);

    [LoggerMessage(LogLevel.Information, "No work items from {Address}, trying again: {Reason}")]
    private partial void LogLost(string address, string reason);
}
