using Dapr.Sidecar.Workflows.Queue;
using Dapr.Workflow.Wire;
using Google.Protobuf;
using Grpc.Core;

namespace Dapr.Sidecar.Workflows;

/// <summary>The half that workers use.</summary>
internal sealed partial class TaskHubService
{
    /// <summary>For a worker that names no limit.</summary>
    private const int DefaultItems = 1000;

    public override async Task GetWorkItems(GetWorkItemsRequest request, IServerStreamWriter<WorkItem> responseStream, ServerCallContext context)
    {
        await context.WriteResponseHeadersAsync([]);
        var stream = new WorkerStream(Engine(context), responseStream, Limit(request.MaxConcurrentOrchestrationWorkItems), Limit(request.MaxConcurrentActivityWorkItems));
        await stream.RunAsync(context.CancellationToken);
    }

    /// <summary>
    /// A result over the app's limit fails its step here: the official worker would break its stream at a refusal, come back after 5 s, run the step again and break it again.
    /// </summary>
    public override async Task<CompleteTaskResponse> CompleteActivityTask(ActivityResponse request, ServerCallContext context)
    {
        if (IsTooLarge(request, context, out var limit))
            request = new() { InstanceId = request.InstanceId, TaskId = request.TaskId, CompletionToken = request.CompletionToken, FailureDetails = TooLarge(
                $"The result has {request.CalculateSize()} bytes, more than the sidecar takes ({limit}): pass a reference instead.") };
        await Engine(context).CompleteActivityAsync(request);
        return new();
    }

    /// <summary>An answer that cannot be taken fails its workflow, for the same reason.</summary>
    public override async Task<CompleteTaskResponse> CompleteOrchestratorTask(OrchestratorResponse request, ServerCallContext context)
    {
        if (IsTooLarge(request, context, out var limit))
            request = Failed(request, TooLarge($"The answer of a turn has {request.CalculateSize()} bytes, more than the sidecar takes ({limit})."));
        try
        {
            return await Engine(context).CompleteTurnAsync(request) ? new()
                : throw new RpcException(new(StatusCode.NotFound, $"this answers no turn of '{request.InstanceId}' that is out; it may have gone to another worker"));
        }
        catch (FormatException e)
        {
            await Engine(context).CompleteTurnAsync(Failed(request, new() { ErrorType = "UnknownAction", ErrorMessage = e.Message, IsNonRetriable = true }));
            return new();
        }
    }

    private bool IsTooLarge(IMessage message, ServerCallContext context, out long limit) =>
        message.CalculateSize() > (limit = apps.Of(context.GetHttpContext()).Options.MaxBodySize);

    private static TaskFailureDetails TooLarge(string text) => new() { ErrorType = "PayloadTooLarge", ErrorMessage = text, IsNonRetriable = true };

    private static OrchestratorResponse Failed(OrchestratorResponse request, TaskFailureDetails failure) => new()
    {
        InstanceId = request.InstanceId,
        CompletionToken = request.CompletionToken,
        Actions = { new OrchestratorAction { Id = -1, CompleteOrchestration = new() { OrchestrationStatus = OrchestrationStatus.Failed, FailureDetails = failure } } },
    };

    private void EnsureNotTooLarge(IMessage message, ServerCallContext context)
    {
        if (IsTooLarge(message, context, out var limit))
            throw new RpcException(new(StatusCode.ResourceExhausted, $"received message larger than max ({message.CalculateSize()} vs. {limit})"));
    }

    private static int Limit(int asked) => asked > 0 ? asked : DefaultItems;
}
