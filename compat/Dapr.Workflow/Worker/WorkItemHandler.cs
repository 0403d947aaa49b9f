using Dapr.Workflow.Hosting;
using Dapr.Workflow.Replay;
using Dapr.Workflow.Wire;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>Executes work items, a bounded number at a time, and reports them; an item that cannot be reported comes again from the sidecar.</summary>
internal sealed partial class WorkItemHandler(
    WorkflowRuntimeOptions options, SidecarConnection sidecar, ActivityRunner activities, ILoggerFactory loggers)
{
    public const int MaxTurns = 100;
    public const int MaxActivities = 100;
    private static readonly TimeSpan CompleteDeadline = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _turns = new(Math.Clamp(Environment.ProcessorCount * 2, 4, MaxTurns));
    private readonly SemaphoreSlim _running = new(MaxActivities);
    private readonly ActivityLedger _ledger = new();
    private readonly ILogger _logger = loggers.CreateLogger<WorkItemHandler>();

    /// <param name="stream">Cancelled when the stream that brought the item is gone.</param>
    public async Task HandleAsync(WorkItem item, CancellationToken stream)
    {
        try
        {
            switch (item.RequestCase)
            {
                case WorkItem.RequestOneofCase.OrchestratorRequest:
                    await TurnAsync(item.OrchestratorRequest, item.CompletionToken, stream);
                    break;
                case WorkItem.RequestOneofCase.ActivityRequest:
                    await ActivityAsync(item.ActivityRequest, item.CompletionToken);
                    break;
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            LogNotReported(item.RequestCase, e.Message);
        }
    }

    private async Task TurnAsync(OrchestratorRequest request, string token, CancellationToken stream)
    {
        OrchestratorResponse response;
        await _turns.WaitAsync(stream);
        try
        {
            response = Turn.Run(request, options.Workflows, loggers);
        }
        finally
        {
            _turns.Release();
        }
        response.CompletionToken = token;
        foreach (var failed in response.Actions.Where(a => a.CompleteOrchestration is { FailureDetails: not null }))
            LogFailed(request.InstanceId, failed.CompleteOrchestration.FailureDetails.ErrorType, failed.CompleteOrchestration.FailureDetails.ErrorMessage);
        options.OnTurn?.Invoke(request, response);
        try
        {
            // Items are matched by instance alone: an answer to a lost stream's item must not meet the one that replaced it.
            await sidecar.Client.CompleteOrchestratorTaskAsync(response, deadline: Deadline(), cancellationToken: stream);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
        {
            var failure = Failure.Permanent("PayloadTooLarge", $"The answer of a turn has {response.CalculateSize()} bytes, more than the sidecar takes: {e.Status.Detail}");
            await sidecar.Client.CompleteOrchestratorTaskAsync(new()
            {
                InstanceId = request.InstanceId,
                CompletionToken = token,
                Actions = { new OrchestratorAction { Id = -1, CompleteOrchestration = new() { OrchestrationStatus = OrchestrationStatus.Failed, FailureDetails = failure } } },
            }, deadline: Deadline(), cancellationToken: stream);
        }
    }

    private async Task ActivityAsync(ActivityRequest request, string token)
    {
        var response = (await _ledger.RunOnce(request, RunBoundedAsync)).Clone();
        response.CompletionToken = token;
        try
        {
            await sidecar.Client.CompleteActivityTaskAsync(response, deadline: Deadline());
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
        {
            response.FailureDetails = Failure.Permanent("PayloadTooLarge",
                $"The result of '{request.Name}' has {response.CalculateSize()} bytes, more than the sidecar takes: pass a reference instead. {e.Status.Detail}");
            response.Result = null;
            await sidecar.Client.CompleteActivityTaskAsync(response, deadline: Deadline());
        }
        _ledger.Acknowledged(request);
    }

    private async Task<ActivityResponse> RunBoundedAsync(ActivityRequest request)
    {
        await _running.WaitAsync();
        try
        {
            return await activities.RunAsync(request);
        }
        finally
        {
            _running.Release();
        }
    }

    /// <summary>Completing an item that the sidecar no longer knows blocks for minutes in daprd.</summary>
    private static DateTime Deadline() => DateTime.UtcNow + CompleteDeadline;

    [LoggerMessage(LogLevel.Information, "An {Kind} could not be reported; the sidecar will hand it out again: {Reason}")]
    private partial void LogNotReported(WorkItem.RequestOneofCase kind, string reason);

    [LoggerMessage(LogLevel.Error, "Workflow {InstanceId} failed: {ErrorType}: {ErrorMessage}")]
    private partial void LogFailed(string instanceId, string errorType, string errorMessage);
}
