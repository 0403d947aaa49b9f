using Dapr.DurableTask.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Mesh.Workflows.Sidecar;

/// <summary>
/// Reports of steps and turns. The package ends its whole stream when one is refused, for 5 s and with all that runs on it; so what concerns one item alone is settled here:
/// a report that is too large becomes a failure of its step or workflow, and one of an item that the sidecar gave to another, or knows no more, is dropped.
/// </summary>
internal sealed partial class Completions(ILogger<Completions> logger)
{
    private const string ErrorType = "PayloadTooLarge";

    /// <summary>daprd lets a report of an item that it no longer knows wait for minutes.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public async Task<TResponse> ReportAsync<TRequest, TResponse>(TRequest report, Func<TRequest, Task<TResponse>> send)
        where TResponse : class
    {
        try
        {
            return await send(report);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
        {
            LogTooLarge(e.Status.Detail);
            return await send((TRequest)Failed(report!, e.Status.Detail));
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound or StatusCode.DeadlineExceeded)
        {
            LogDropped(e.Status.Detail);
            return (TResponse)(object)new CompleteTaskResponse();
        }
    }

    private static object Failed(object report, string reason) => report switch
    {
        ActivityResponse step => new ActivityResponse
        {
            InstanceId = step.InstanceId,
            TaskId = step.TaskId,
            CompletionToken = step.CompletionToken,
            FailureDetails = TooLarge($"The result has {step.CalculateSize()} bytes, more than the sidecar takes: pass a reference instead. {reason}"),
        },
        WorkflowResponse turn => new WorkflowResponse
        {
            InstanceId = turn.InstanceId,
            CompletionToken = turn.CompletionToken,
            Actions =
            {
                new WorkflowAction
                {
                    Id = -1,
                    CompleteWorkflow = new()
                    {
                        WorkflowStatus = OrchestrationStatus.Failed,
                        FailureDetails = TooLarge($"The answer of a turn has {turn.CalculateSize()} bytes, more than the sidecar takes: pass references instead. {reason}"),
                    },
                },
            },
        },
        _ => report,
    };

    private static TaskFailureDetails TooLarge(string text) => new() { ErrorType = ErrorType, ErrorMessage = text, IsNonRetriable = true };

    [LoggerMessage(LogLevel.Warning, "A report is too large for the sidecar, its step or workflow fails: {Reason}")]
    private partial void LogTooLarge(string reason);

    [LoggerMessage(LogLevel.Information, "The sidecar no longer waits for a report, it is dropped: {Reason}")]
    private partial void LogDropped(string reason);
}
