using Dapr.DurableTask.Protobuf;

namespace Mesh.Workflows.Watching;

/// <summary>What a workflow waits for after a turn.</summary>
/// <param name="Steps">Activities and children that were asked for and have not answered.</param>
/// <param name="NextTimer">The first of its timers that have not fired; null when no timer is open.</param>
internal readonly record struct OpenWork(int Steps, DateTimeOffset? NextTimer)
{
    /// <summary>Then it can only wait for an event.</summary>
    public bool IsNothing => Steps == 0 && NextTimer is null;

    public static OpenWork After(WorkflowRequest turn, WorkflowResponse answer)
    {
        var steps = new HashSet<int>();
        var timers = new Dictionary<int, DateTimeOffset>();
        foreach (var e in turn.PastEvents.Concat(turn.NewEvents))
        {
            switch (e)
            {
                case { TaskScheduled: not null } or { ChildWorkflowInstanceCreated: not null }: steps.Add(e.EventId); break;
                case { TimerCreated: { } timer }: timers[e.EventId] = timer.FireAt.ToDateTimeOffset(); break;
            }
        }
        foreach (var action in answer.Actions)
        {
            switch (action)
            {
                case { ScheduleTask: not null } or { CreateChildWorkflow: not null }: steps.Add(action.Id); break;
                case { CreateTimer: { } timer }: timers[action.Id] = timer.FireAt.ToDateTimeOffset(); break;
            }
        }
        foreach (var e in turn.PastEvents.Concat(turn.NewEvents))
        {
            switch (e)
            {
                case { TaskCompleted: { } done }: steps.Remove(done.TaskScheduledId); break;
                case { TaskFailed: { } failed }: steps.Remove(failed.TaskScheduledId); break;
                case { ChildWorkflowInstanceCompleted: { } done }: steps.Remove(done.TaskScheduledId); break;
                case { ChildWorkflowInstanceFailed: { } failed }: steps.Remove(failed.TaskScheduledId); break;
                case { TimerFired: { } fired }: timers.Remove(fired.TimerId); break;
            }
        }
        return new(steps.Count, timers.Count == 0 ? null : timers.Values.Min());
    }
}
