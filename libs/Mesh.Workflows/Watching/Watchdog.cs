using Dapr.DurableTask.Protobuf;
using Grpc.Core;
using Mesh.Workflows.Ledger;
using Mesh.Workflows.Sidecar;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Mesh.Workflows.Watching;

/// <summary>
/// Two things go wrong with daprd 1.16 when an app dies at the wrong moment, and stay so. It stores what a workflow got (its start, a result, an event) but fails to set the
/// reminder that would make it look: an event that nobody reads wakes such a workflow. And it hosts no workflows any more: when the last stream of work items ends it halts
/// them with a lock held, a turn begun just then waits for a stream that would take it, and the next stream waits for the lock. Another stream may help where it was a
/// matter of moments; where not, only another life of the sidecar does. Whoever waits for an event alone is left alone.
/// </summary>
internal sealed partial class Watchdog(
    WatchedWorkflows watched, WorkItemStreams streams, SidecarConnection sidecar, ActivityLedger ledger, MeshWorkflowOptions options, TimeProvider time, ILogger<Watchdog> logger) : BackgroundService
{
    /// <summary>Of the event that wakes.</summary>
    public const string WakeEvent = "mesh-wake";

    /// <summary>Of no workflow: an event to it is refused, and how says whether workflows are hosted.</summary>
    private const string Nobody = "mesh-watchdog-asks";

    private int _unhosted;
    private bool _reopened;
    private long _asked;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.WatchPeriod, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                // Without a stream, or just after it opened, everything stands still and nothing is wrong with it.
                if (streams.Open is not { } open || open < options.WatchPatience / 2)
                    continue;
                await LookAtHostingAsync(stoppingToken);
                if (open < options.WatchPatience)
                    continue;
                foreach (var workflow in watched.Live.Where(w => w.StandsStill(time.GetUtcNow(), options.WatchPatience)))
                    await LookAtAsync(workflow, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task LookAtHostingAsync(CancellationToken cancellationToken)
    {
        if (_unhosted == 0 && _asked != 0 && time.GetElapsedTime(_asked) < options.WatchPatience)
            return;
        _asked = time.GetTimestamp();
        try
        {
            await sidecar.Client.RaiseEventAsync(new() { InstanceId = Nobody, Name = WakeEvent }, SidecarConnection.Soon(cancellationToken));
        }
        catch (RpcException e) when (e.IsUnhosted())
        {
            // Twice, since it is so for a moment whenever workers come and go.
            if (++_unhosted == 2)
                await HelpAsync(e.Status.Detail, cancellationToken);
            return;
        }
        catch (RpcException e) when (e.IsAway() || e.StatusCode is StatusCode.DeadlineExceeded or StatusCode.Cancelled)
        {
            return; // it learns nothing of hosting, and the stream learns of the rest by itself
        }
        catch (RpcException)
        {
            // No such workflow, as it should be.
        }
        (_unhosted, _reopened) = (0, false);
    }

    private async Task HelpAsync(string reason, CancellationToken cancellationToken)
    {
        _unhosted = 0;
        if (!_reopened || !options.MayEndSidecar)
        {
            _reopened = true;
            LogReopened(reason);
            MeshWorkflows.Reopened.Add(1);
            streams.End();
            return;
        }
        _reopened = false;
        LogEnded(reason);
        MeshWorkflows.Ended.Add(1);
        try
        {
            await sidecar.ShutdownAsync(cancellationToken);
        }
        catch (RpcException)
        {
            // It went before it answered, or is asked again after the next streams.
        }
        streams.End(); // it waits for the end of every stream
    }

    private async Task LookAtAsync(WatchedWorkflow workflow, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (ledger.IsRunning(workflow.Id))
        {
            workflow.Changed(now);
            return;
        }
        try
        {
            var answer = await sidecar.Client.GetInstanceAsync(new() { InstanceId = workflow.Id }, SidecarConnection.Soon(cancellationToken));
            if (!answer.Exists || answer.WorkflowState.WorkflowStatus is not (OrchestrationStatus.Running or OrchestrationStatus.Pending or OrchestrationStatus.Suspended))
            {
                watched.Forget(workflow.Id);
                return;
            }
            if (answer.WorkflowState.WorkflowStatus == OrchestrationStatus.Suspended || answer.WorkflowState.ScheduledStartTimestamp?.ToDateTimeOffset() > now)
            {
                workflow.Changed(now);
                return;
            }
            await sidecar.Client.RaiseEventAsync(new() { InstanceId = workflow.Id, Name = WakeEvent }, SidecarConnection.Soon(cancellationToken));
            workflow.Woken(now);
            MeshWorkflows.Woken.Add(1);
            LogWoken(workflow.Id, answer.WorkflowState.WorkflowStatus, answer.WorkflowState.LastUpdatedTimestamp?.ToDateTimeOffset());
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            watched.Forget(workflow.Id);
        }
        catch (RpcException)
        {
            // The sidecar is away; at the next look.
        }
    }

    [LoggerMessage(LogLevel.Warning, "Watchdog: workflow {InstanceId} stood still ({Status}, last change {LastChange}) and was woken.")]
    private partial void LogWoken(string instanceId, OrchestrationStatus status, DateTimeOffset? lastChange);

    [LoggerMessage(LogLevel.Warning, "Watchdog: the sidecar knows of no worker though a stream of work items is open; it is opened anew. {Reason}")]
    private partial void LogReopened(string reason);

    [LoggerMessage(LogLevel.Error, "Watchdog: the sidecar hosts no workflows though another stream of work items is open; it is told to end, to be started again. {Reason}")]
    private partial void LogEnded(string reason);
}
