using Dapr.Workflow.Hosting;
using Dapr.Workflow.Wire;

namespace Dapr.Workflow;

public enum WorkflowRuntimeStatus
{
    Unknown = -1,
    Running = 0,
    Completed = 1,
    ContinuedAsNew = 2,
    Failed = 3,
    Canceled = 4,
    Terminated = 5,
    Pending = 6,
    Suspended = 7,
    Stalled = 8,
}

/// <summary>What a sidecar tells about an instance at one moment.</summary>
public class WorkflowState
{
    private readonly OrchestrationState? _state;

    internal WorkflowState(GetInstanceResponse response) => _state = response.Exists ? response.OrchestrationState : null;

    public bool Exists => _state is not null;

    /// <summary>True until it ends; pending and suspended instances count as running.</summary>
    public bool IsWorkflowRunning => Exists && !IsWorkflowCompleted;

    public bool IsWorkflowCompleted => RuntimeStatus is WorkflowRuntimeStatus.Completed or WorkflowRuntimeStatus.Failed
        or WorkflowRuntimeStatus.Terminated or WorkflowRuntimeStatus.Canceled;

    public DateTimeOffset CreatedAt => _state?.CreatedTimestamp?.ToDateTimeOffset() ?? default;
    public DateTimeOffset LastUpdatedAt => _state?.LastUpdatedTimestamp?.ToDateTimeOffset() ?? default;
    public WorkflowRuntimeStatus RuntimeStatus => _state is null ? WorkflowRuntimeStatus.Unknown : (WorkflowRuntimeStatus)(int)_state.OrchestrationStatus;
    public WorkflowTaskFailureDetails? FailureDetails => _state?.FailureDetails is { } details ? new(details) : null;

    public T? ReadInputAs<T>() => Payload.Read<T>(_state?.Input);
    public T? ReadOutputAs<T>() => Payload.Read<T>(_state?.Output);
    public T? ReadCustomStatusAs<T>() => Payload.Read<T>(_state?.CustomStatus);
}
