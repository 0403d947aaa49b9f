using Dapr.Workflow.Wire;
using Google.Protobuf.WellKnownTypes;
using Kind = Dapr.Workflow.Wire.OrchestratorAction.OrchestratorActionTypeOneofCase;

namespace Dapr.Sidecar.Workflows;

/// <summary>To another instance, or back to a parent.</summary>
/// <param name="Execution">Only for this execution of the target; null for any.</param>
internal sealed record Message(string App, string Target, string? Execution, HistoryEvent Event);

internal sealed record DueTimer(int Id, DateTimeOffset At, HistoryEvent Fired);

/// <param name="App">Whose workers run it.</param>
internal sealed record NewTask(string App, ActivityRequest Request);

/// <summary>What a worker's answer to a turn changes: computed without touching anything, committed as one transaction, then applied.</summary>
internal sealed class TurnOutcome
{
    public HistoryChunk Chunk { get; } = new();
    public List<DueTimer> Timers { get; } = [];
    public List<NewTask> Tasks { get; } = [];
    public List<Message> Messages { get; } = [];

    /// <summary>The executionStarted of the next generation; the rest of the outcome is then empty but for <see cref="Carried"/>.</summary>
    public HistoryEvent? Restart { get; private set; }
    public List<HistoryEvent> Carried { get; } = [];

    public ExecutionCompletedEvent? End { get; private set; }

    /// <exception cref="FormatException">An action makes no sense.</exception>
    public static TurnOutcome Of(string app, WorkflowInstance instance, Turn turn, OrchestratorResponse response, DateTimeOffset now)
    {
        var outcome = new TurnOutcome();
        if (response.Version is not null)
            turn.Began.OrchestratorStarted.Version = response.Version;
        outcome.Chunk.Events.Add(turn.Began);
        outcome.Chunk.Events.AddRange(instance.Inbox.Take(turn.Consumed).Select(e => e.Event));
        var at = Timestamp.FromDateTimeOffset(now);
        foreach (var action in response.Actions)
        {
            if (outcome.End is not null)
                break;
            if (action.CompleteOrchestration is { OrchestrationStatus: OrchestrationStatus.ContinuedAsNew } next)
                return Restarted(instance, next, at);
            outcome.Apply(app, instance, action, at);
        }
        if (outcome.End is not null)
            outcome.TerminateChildren(app, instance, at);
        return outcome;
    }

    private static TurnOutcome Restarted(WorkflowInstance instance, CompleteOrchestrationAction next, Timestamp at)
    {
        var start = instance.Start.Clone();
        start.Timestamp = at;
        start.ExecutionStarted.Input = next.Result;
        start.ExecutionStarted.ScheduledStartTimestamp = null;
        start.ExecutionStarted.OrchestrationInstance.ExecutionId = Guid.NewGuid().ToString();
        var outcome = new TurnOutcome { Restart = start };
        outcome.Carried.AddRange(next.CarryoverEvents);
        return outcome;
    }

    private void Apply(string app, WorkflowInstance instance, OrchestratorAction action, Timestamp at)
    {
        var recorded = new HistoryEvent { EventId = action.Id, Timestamp = at, Router = action.Router };
        switch (action.OrchestratorActionTypeCase)
        {
            case Kind.ScheduleTask:
                var task = action.ScheduleTask;
                var run = task.TaskExecutionId.Length > 0 ? task.TaskExecutionId : Guid.NewGuid().ToString();
                recorded.TaskScheduled = new() { Name = task.Name, Version = task.Version, Input = task.Input, TaskExecutionId = run };
                Tasks.Add(new(Target(app, action), new()
                {
                    Name = task.Name,
                    Version = task.Version,
                    Input = task.Input,
                    OrchestrationInstance = new() { InstanceId = instance.Id },
                    TaskId = action.Id,
                    TaskExecutionId = run,
                }));
                break;
            case Kind.CreateTimer:
                recorded.TimerCreated = new() { FireAt = action.CreateTimer.FireAt };
                CopyOrigin(action.CreateTimer, recorded.TimerCreated);
                var fired = new HistoryEvent { EventId = -1, TimerFired = new() { TimerId = action.Id, FireAt = action.CreateTimer.FireAt } };
                Timers.Add(new(action.Id, action.CreateTimer.FireAt.ToDateTimeOffset(), fired));
                break;
            case Kind.CreateSubOrchestration:
                var child = action.CreateSubOrchestration;
                var id = child.InstanceId.Length > 0 ? child.InstanceId : $"{instance.Id}:{action.Id:x4}";
                recorded.SubOrchestrationInstanceCreated = new() { InstanceId = id, Name = child.Name, Version = child.Version, Input = child.Input };
                Messages.Add(new(Target(app, action), id, null, new()
                {
                    EventId = -1,
                    Timestamp = at,
                    Router = new() { SourceAppID = app },
                    ExecutionStarted = new()
                    {
                        Name = child.Name,
                        Version = child.Version,
                        Input = child.Input,
                        OrchestrationInstance = new() { InstanceId = id, ExecutionId = Guid.NewGuid().ToString() },
                        ParentInstance = new()
                        {
                            TaskScheduledId = action.Id,
                            Name = instance.Start.ExecutionStarted.Name,
                            OrchestrationInstance = new() { InstanceId = instance.Id, ExecutionId = instance.ExecutionId },
                            AppID = app,
                        },
                    },
                }));
                break;
            case Kind.SendEvent:
                var sent = action.SendEvent;
                recorded.EventSent = new() { InstanceId = sent.Instance.InstanceId, Name = sent.Name, Input = sent.Data };
                Messages.Add(new(app, sent.Instance.InstanceId, null, new() { EventId = -1, Timestamp = at, EventRaised = new() { Name = sent.Name, Input = sent.Data } }));
                break;
            case Kind.TerminateOrchestration:
                Messages.Add(new(app, action.TerminateOrchestration.InstanceId, null,
                    Terminated(action.TerminateOrchestration.Reason, action.TerminateOrchestration.Recurse, at)));
                return;
            case Kind.CreateDetachedWorkflow:
                var free = action.CreateDetachedWorkflow;
                recorded.DetachedWorkflowInstanceCreated = new() { InstanceId = free.InstanceId };
                var start = new ExecutionStartedEvent
                {
                    Name = free.Name,
                    Version = free.Version,
                    Input = free.Input,
                    OrchestrationInstance = new() { InstanceId = free.InstanceId, ExecutionId = free.ExecutionId ?? Guid.NewGuid().ToString() },
                    ScheduledStartTimestamp = free.ScheduledStartTimestamp,
                    ParentTraceContext = free.ParentTraceContext,
                };
                start.Tags.Add(free.Tags);
                var owner = (action.Router ?? free.Router) is { HasTargetAppID: true, TargetAppID.Length: > 0 } there ? there.TargetAppID : app;
                Messages.Add(new(owner, free.InstanceId, null, new() { EventId = -1, Timestamp = at, Router = new() { SourceAppID = owner }, ExecutionStarted = start }));
                break;
            case Kind.CompleteOrchestration:
                var done = action.CompleteOrchestration;
                // The official worker leaves the output of a termination to its sidecar.
                if (done is { OrchestrationStatus: OrchestrationStatus.Terminated, Result: null or "" })
                    done.Result = instance.History.Concat(Chunk.Events).LastOrDefault(e => e.ExecutionTerminated is not null)?.ExecutionTerminated.Input;
                recorded.ExecutionCompleted = End = new() { OrchestrationStatus = done.OrchestrationStatus, Result = done.Result, FailureDetails = done.FailureDetails };
                if (instance.Start.ExecutionStarted.ParentInstance is { } parent)
                    Messages.Add(Report(parent, done.OrchestrationStatus == OrchestrationStatus.Completed, done.Result, done.FailureDetails, at));
                break;
            default:
                throw new FormatException($"The action {action.Id} of workflow '{instance.Id}' is of no known kind.");
        }
        Chunk.Events.Add(recorded);
    }

    /// <summary>A child's end as its parent learns of it.</summary>
    public static Message Report(ParentInstanceInfo parent, bool succeeded, string? result, TaskFailureDetails? failure, Timestamp at)
    {
        var report = new HistoryEvent { EventId = -1, Timestamp = at };
        if (succeeded)
            report.SubOrchestrationInstanceCompleted = new() { TaskScheduledId = parent.TaskScheduledId, Result = result };
        else
            report.SubOrchestrationInstanceFailed = new() { TaskScheduledId = parent.TaskScheduledId, FailureDetails = failure };
        return new(parent.AppID, parent.OrchestrationInstance.InstanceId, parent.OrchestrationInstance.ExecutionId, report);
    }

    private static void CopyOrigin(CreateTimerAction from, TimerCreatedEvent to)
    {
        switch (from.OriginCase)
        {
            case CreateTimerAction.OriginOneofCase.CreateTimer: to.CreateTimer = from.CreateTimer; break;
            case CreateTimerAction.OriginOneofCase.ExternalEvent: to.ExternalEvent = from.ExternalEvent; break;
            case CreateTimerAction.OriginOneofCase.ActivityRetry: to.ActivityRetry = from.ActivityRetry; break;
            case CreateTimerAction.OriginOneofCase.ChildWorkflowRetry: to.ChildWorkflowRetry = from.ChildWorkflowRetry; break;
        }
    }

    private static HistoryEvent Terminated(string? reason, bool recurse, Timestamp at) =>
        new() { EventId = -1, Timestamp = at, ExecutionTerminated = new() { Input = reason, Recurse = recurse } };

    private void TerminateChildren(string app, WorkflowInstance instance, Timestamp at)
    {
        if (Chunk.Events.Select(e => e.ExecutionTerminated).FirstOrDefault(t => t is not null) is not { Recurse: true } terminated)
            return;
        foreach (var child in instance.History.Concat(Chunk.Events).Where(e => e.SubOrchestrationInstanceCreated is not null))
        {
            var target = child.Router is { HasTargetAppID: true } router ? router.TargetAppID : app;
            Messages.Add(new(target, child.SubOrchestrationInstanceCreated.InstanceId, null, Terminated(terminated.Input, true, at)));
        }
    }

    private static string Target(string app, OrchestratorAction action) =>
        (action.Router ?? action.ScheduleTask?.Router ?? action.CreateSubOrchestration?.Router) is { HasTargetAppID: true, TargetAppID.Length: > 0 } router ? router.TargetAppID : app;
}
