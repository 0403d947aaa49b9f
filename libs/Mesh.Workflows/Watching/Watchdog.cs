using Dapr.DurableTask.Protobuf;
using Grpc.Core;
using Mesh.Workflows.Ledger;
using Mesh.Workflows.Sidecar;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Mesh.Workflows.Watching;

/// <summary>
/// Two things go wrong with daprd 1.16 when an app dies at the wrong moment, and stay so. It stores what a workflow got (its start, a result, an event) but fails to set the
/// reminder that would make it look: an event that nobody reads wakes such a workflow. And it forgets that its app hosts workflows at all: then only another stream of
/// work items, opened a while after the end of the last, helps. Whoever waits for an event alone is left alone.
/// </summary>
internal sealed partial class Watchdog(
    WatchedWorkflows watched, WorkItemStreams streams, SidecarConnection sidecar, ActivityLedger ledger, MeshWorkflowOptions options, TimeProvider time, ILogger<Watchdog> logger) : BackgroundService
{
    /// <summary>Of the event that wakes.</summary>
    public const string WakeEvent = "mesh-wake";

    /// <summary>Of no workflow: an event to it is refused, and how says whether workflows are hosted.</summary>
    private const string Nobody = "mesh-watchdog-asks";

    private int _unhosted;

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
        try
        {
            await sidecar.Client.RaiseEventAsync(new() { InstanceId = Nobody, Name = WakeEvent }, SidecarConnection.Soon(cancellationToken));
        }
        catch (RpcException e) when (e.IsUnhosted())
        {
            // Twice, since it is so for a moment whenever workers come and go.
            if (++_unhosted < 2)
                return;
            LogReopened(e.Status.Detail);
            MeshWorkflows.Reopened.Add(1);
            streams.End();
        }
        catch (RpcException)
        {
            // No such workflow, as it should be; or no sidecar, which the stream learns by itself.
        }
        _unhosted = 0;
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
}
