using Dapr.Workflow.Replay;
using Dapr.Workflow.Wire;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Workflow.Tests.Replay;

/// <summary>A history written by hand, turn by turn, in virtual time; each turn's actions are recorded as a sidecar would.</summary>
internal sealed class Script
{
    private readonly List<HistoryEvent> _past = [];
    private readonly WorkflowRuntimeOptions _options = new();
    private DateTime _now = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private bool _started;

    public static Script For<TIn, TOut>(Func<WorkflowContext, TIn, Task<TOut>> workflow)
    {
        var script = new Script();
        script._options.RegisterWorkflow("W", workflow);
        return script;
    }

    public string? Input { get; init; }

    /// <summary>One turn with these new events.</summary>
    public OrchestratorResponse Turn(params HistoryEvent[] events)
    {
        _now += TimeSpan.FromSeconds(1);
        var request = new OrchestratorRequest { InstanceId = "i" };
        request.PastEvents.AddRange(_past);
        request.NewEvents.Add(At(new() { EventId = -1, OrchestratorStarted = new() }));
        if (!_started)
        {
            request.NewEvents.Add(At(new()
            {
                EventId = -1,
                ExecutionStarted = new() { Name = "W", Input = Input, OrchestrationInstance = new() { InstanceId = "i", ExecutionId = "e" } },
            }));
        }
        _started = true;
        request.NewEvents.AddRange(events.Select(At));
        var response = Dapr.Workflow.Replay.Turn.Run(request, _options.Workflows, NullLoggerFactory.Instance);
        _past.AddRange(request.NewEvents);
        foreach (var action in response.Actions.Where(a => a.CompleteOrchestration is null))
            _past.Add(At(Recorded(action)));
        return response;
    }

    public static HistoryEvent Done(int id, string? json = null) => new() { EventId = -1, TaskCompleted = new() { TaskScheduledId = id, Result = json } };
    public static HistoryEvent Failed(int id, string type = "System.Exception", bool final = false) =>
        new() { EventId = -1, TaskFailed = new() { TaskScheduledId = id, FailureDetails = new() { ErrorType = type, ErrorMessage = $"fault of {id}", IsNonRetriable = final } } };
    public static HistoryEvent Fired(int id) => new() { EventId = -1, TimerFired = new() { TimerId = id } };
    public static HistoryEvent Raised(string name, string? json = null) => new() { EventId = -1, EventRaised = new() { Name = name, Input = json } };
    public static HistoryEvent Suspended => new() { EventId = -1, ExecutionSuspended = new() };
    public static HistoryEvent Resumed => new() { EventId = -1, ExecutionResumed = new() };
    public static HistoryEvent Terminated(string? json = null) => new() { EventId = -1, ExecutionTerminated = new() { Input = json } };

    private HistoryEvent At(HistoryEvent e)
    {
        e.Timestamp ??= Timestamp.FromDateTime(_now);
        return e;
    }

    private static HistoryEvent Recorded(OrchestratorAction action) => action.OrchestratorActionTypeCase switch
    {
        OrchestratorAction.OrchestratorActionTypeOneofCase.ScheduleTask => new() { EventId = action.Id, TaskScheduled = new() { Name = action.ScheduleTask.Name } },
        OrchestratorAction.OrchestratorActionTypeOneofCase.CreateTimer => new() { EventId = action.Id, TimerCreated = new() { FireAt = action.CreateTimer.FireAt } },
        _ => new() { EventId = action.Id, SubOrchestrationInstanceCreated = new() { Name = action.CreateSubOrchestration.Name } },
    };
}

internal static class Answers
{
    public static CompleteOrchestrationAction End(this OrchestratorResponse response) => Assert.Single(response.Actions, a => a.CompleteOrchestration is not null).CompleteOrchestration;

    public static string Result(this OrchestratorResponse response)
    {
        var end = response.End();
        Assert.True(end.OrchestrationStatus == OrchestrationStatus.Completed, end.FailureDetails?.ErrorMessage);
        return end.Result;
    }

    public static int[] Ids(this OrchestratorResponse response) => [.. response.Actions.Select(a => a.Id)];
}
