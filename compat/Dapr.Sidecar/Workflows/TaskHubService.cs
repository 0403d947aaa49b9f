using System.Text.RegularExpressions;
using Dapr.Sidecar.Hosting;
using Dapr.Workflow.Wire;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dapr.Sidecar.Workflows;

/// <summary>The engine on the wire. daprd answers plain faults with the code Unknown and a text; so does this.</summary>
internal sealed partial class TaskHubService(WorkflowEngines engines, AppRegistry apps, TimeProvider time) : TaskHubSidecarService.TaskHubSidecarServiceBase
{
    public override Task<Empty> Hello(Empty request, ServerCallContext context) => Task.FromResult(new Empty());

    public override async Task<CreateInstanceResponse> StartInstance(CreateInstanceRequest request, ServerCallContext context)
    {
        EnsureNotTooLarge(request, context);
        if (!LegalId().IsMatch(request.InstanceId) || request.InstanceId.Length > 253)
            throw Fault($"failed to create orchestration instance: '{request.InstanceId}' is no legal id: letters, digits, '-', '_', ':', spaces, and dots between them; at most 253");
        var engine = Engine(context);
        var start = new HistoryEvent
        {
            EventId = -1,
            Timestamp = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
            Router = new() { SourceAppID = apps.Of(context.GetHttpContext()).AppId },
            ExecutionStarted = new()
            {
                Name = request.Name,
                Version = request.Version,
                Input = request.Input,
                OrchestrationInstance = new() { InstanceId = request.InstanceId, ExecutionId = Guid.NewGuid().ToString() },
                ScheduledStartTimestamp = request.ScheduledStartTimestamp,
                ParentTraceContext = request.ParentTraceContext,
            },
        };
        start.ExecutionStarted.Tags.Add(request.Tags);
        if (!Reusable(request, engine, out var replaceLive))
            return new() { InstanceId = request.InstanceId };
        if (!await engine.TryCreateAsync(start, replaceLive))
            throw Fault($"failed to create orchestration instance: an active workflow with ID '{request.InstanceId}' already exists");
        if (request.ScheduledStartTimestamp is null)
            await WaitAsync(context, request.InstanceId, s => s.OrchestrationStatus != OrchestrationStatus.Pending);
        return new() { InstanceId = request.InstanceId };
    }

    public override Task<GetInstanceResponse> GetInstance(GetInstanceRequest request, ServerCallContext context)
    {
        var state = Engine(context).Get(request.InstanceId, request.GetInputsAndOutputs);
        return Task.FromResult(new GetInstanceResponse { Exists = state is not null, OrchestrationState = state });
    }

    public override Task<GetInstanceResponse> WaitForInstanceStart(GetInstanceRequest request, ServerCallContext context) =>
        WaitAsync(context, request.InstanceId, s => s.OrchestrationStatus != OrchestrationStatus.Pending, request.GetInputsAndOutputs);

    public override Task<GetInstanceResponse> WaitForInstanceCompletion(GetInstanceRequest request, ServerCallContext context) =>
        WaitAsync(context, request.InstanceId, IsEnded, request.GetInputsAndOutputs);

    public override async Task<RaiseEventResponse> RaiseEvent(RaiseEventRequest request, ServerCallContext context)
    {
        EnsureNotTooLarge(request, context);
        await AddAsync(context, request.InstanceId, e => e.EventRaised = new() { Name = request.Name, Input = request.Input });
        return new();
    }

    public override async Task<TerminateResponse> TerminateInstance(TerminateRequest request, ServerCallContext context)
    {
        EnsureNotTooLarge(request, context);
        await AddAsync(context, request.InstanceId, e => e.ExecutionTerminated = new() { Input = request.Output, Recurse = request.Recursive }, "failed to submit termination request: ");
        await WaitAsync(context, request.InstanceId, IsEnded);
        return new();
    }

    public override async Task<SuspendResponse> SuspendInstance(SuspendRequest request, ServerCallContext context)
    {
        await AddAsync(context, request.InstanceId, e => e.ExecutionSuspended = new() { Input = request.Reason });
        await WaitAsync(context, request.InstanceId, s => s.OrchestrationStatus == OrchestrationStatus.Suspended || IsEnded(s));
        return new();
    }

    public override async Task<ResumeResponse> ResumeInstance(ResumeRequest request, ServerCallContext context)
    {
        await AddAsync(context, request.InstanceId, e => e.ExecutionResumed = new() { Input = request.Reason });
        await WaitAsync(context, request.InstanceId, s => s.OrchestrationStatus == OrchestrationStatus.Running || IsEnded(s));
        return new();
    }

    public override async Task<PurgeInstancesResponse> PurgeInstances(PurgeInstancesRequest request, ServerCallContext context)
    {
        if (request.RequestCase != PurgeInstancesRequest.RequestOneofCase.InstanceId)
            throw Fault("multi-instance purge is not unimplemented");
        try
        {
            return new() { DeletedInstanceCount = await Engine(context).PurgeAsync(request.InstanceId, request.Recursive) };
        }
        catch (WorkflowStateException e)
        {
            throw Fault($"failed to purge orchestration state: {e.Message}");
        }
    }

    public override Task<GetInstanceHistoryResponse> GetInstanceHistory(GetInstanceHistoryRequest request, ServerCallContext context)
    {
        var response = new GetInstanceHistoryResponse();
        response.Events.AddRange(Engine(context).History(request.InstanceId) ?? throw new RpcException(new(StatusCode.NotFound, WorkflowStateException.NotFound)));
        return Task.FromResult(response);
    }

    public override Task<ListInstanceIDsResponse> ListInstanceIDs(ListInstanceIDsRequest request, ServerCallContext context)
    {
        var size = request.HasPageSize ? (int)Math.Clamp(request.PageSize, 1, 1000) : 1000;
        var page = Engine(context).Page(long.TryParse(request.ContinuationToken, out var after) ? after : 0, size);
        var response = new ListInstanceIDsResponse();
        response.InstanceIds.AddRange(page.Select(i => i.Id));
        if (page.Count == size)
            response.ContinuationToken = $"{page[^1].Key}";
        return Task.FromResult(response);
    }

    private static bool IsEnded(OrchestrationState state) => state.OrchestrationStatus is OrchestrationStatus.Completed or OrchestrationStatus.Failed
        or OrchestrationStatus.Terminated or OrchestrationStatus.Canceled;

    private static RpcException Fault(string detail) => new(new(StatusCode.Unknown, detail));

    /// <returns>False when the caller's policy says to leave the instance that is there alone.</returns>
    private static bool Reusable(CreateInstanceRequest request, WorkflowEngine engine, out bool replaceLive)
    {
        replaceLive = false;
        if (request.OrchestrationIdReusePolicy is not { } policy || engine.Get(request.InstanceId, false) is not { } state || !policy.OperationStatus.Contains(state.OrchestrationStatus))
            return true;
        replaceLive = policy.Action == CreateOrchestrationAction.Terminate;
        return policy.Action != CreateOrchestrationAction.Ignore;
    }

    private WorkflowEngine Engine(ServerCallContext context) => engines.Of(apps.Of(context.GetHttpContext()).AppId);

    private async Task AddAsync(ServerCallContext context, string id, Action<HistoryEvent> fill, string prefix = "")
    {
        var e = new HistoryEvent { EventId = -1, Timestamp = Timestamp.FromDateTimeOffset(time.GetUtcNow()) };
        fill(e);
        if (!await Engine(context).TryAddAsync(id, e))
            throw Fault($"{prefix}{WorkflowStateException.NotFound}");
    }

    /// <summary>An id that does not exist yet is waited for, as daprd does.</summary>
    private async Task<GetInstanceResponse> WaitAsync(ServerCallContext context, string id, Func<OrchestrationState, bool> holds, bool payloads = false)
    {
        var engine = Engine(context);
        var state = await engine.Watch.UntilAsync(id, () => engine.Get(id, payloads), s => s is not null && holds(s), context.CancellationToken);
        return new() { Exists = true, OrchestrationState = state };
    }

    [GeneratedRegex(@"^[A-Za-z0-9_:\- ]([A-Za-z0-9_:\- ]|(?<=[A-Za-z0-9])\.(?=[A-Za-z0-9]))*$", RegexOptions.CultureInvariant)]
    private static partial Regex LegalId();
}
