using Dapr.DurableTask.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Mesh.Workflows.Tests.Watching;

internal static class Turns
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static WorkflowRequest Request(params HistoryEvent[] events)
    {
        var turn = new WorkflowRequest { InstanceId = "w" };
        turn.PastEvents.AddRange(events);
        return turn;
    }

    public static WorkflowResponse Response(params WorkflowAction[] actions)
    {
        var answer = new WorkflowResponse { InstanceId = "w" };
        answer.Actions.AddRange(actions);
        return answer;
    }

    public static HistoryEvent Scheduled(int id) => new() { EventId = id, TaskScheduled = new() };
    public static HistoryEvent Completed(int id) => new() { EventId = -1, TaskCompleted = new() { TaskScheduledId = id } };
    public static HistoryEvent ChildCompleted(int id) => new() { EventId = -1, ChildWorkflowInstanceCompleted = new() { TaskScheduledId = id } };
    public static HistoryEvent Timer(int id, double seconds) => new() { EventId = id, TimerCreated = new() { FireAt = At(seconds) } };
    public static HistoryEvent Fired(int id) => new() { EventId = -1, TimerFired = new() { TimerId = id } };
    public static WorkflowAction Schedule(int id) => new() { Id = id, ScheduleTask = new() };
    public static WorkflowAction Sleep(int id, double seconds) => new() { Id = id, CreateTimer = new() { FireAt = At(seconds) } };
    public static WorkflowAction Child(int id, string name = "c") => new() { Id = id, CreateChildWorkflow = new() { InstanceId = name } };
    public static WorkflowAction End() => new() { Id = -1, CompleteWorkflow = new() { WorkflowStatus = OrchestrationStatus.Completed } };

    private static Timestamp At(double seconds) => Timestamp.FromDateTimeOffset(Noon.AddSeconds(seconds));
}
