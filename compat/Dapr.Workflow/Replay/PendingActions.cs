using Dapr.Workflow.Wire;
using Kind = Dapr.Workflow.Wire.OrchestratorAction.OrchestratorActionTypeOneofCase;

namespace Dapr.Workflow.Replay;

/// <summary>What the code has asked for and history has not confirmed yet, in the order of its ids.</summary>
internal sealed class PendingActions
{
    private readonly SortedDictionary<int, OrchestratorAction> _actions = [];

    public int Count => _actions.Count;

    public IEnumerable<OrchestratorAction> InOrder => _actions.Values;

    public OrchestratorAction First => _actions.First().Value;

    public void Add(OrchestratorAction action) => _actions.Add(action.Id, action);

    /// <summary>History says that an earlier turn did this: the code must have asked for the same under the same id.</summary>
    /// <returns>Null, or what differs.</returns>
    public string? Confirm(HistoryEvent done)
    {
        var (kind, name) = done.EventTypeCase switch
        {
            HistoryEvent.EventTypeOneofCase.TaskScheduled => (Kind.ScheduleTask, done.TaskScheduled.Name),
            HistoryEvent.EventTypeOneofCase.TimerCreated => (Kind.CreateTimer, null),
            HistoryEvent.EventTypeOneofCase.SubOrchestrationInstanceCreated => (Kind.CreateSubOrchestration, done.SubOrchestrationInstanceCreated.Name),
            _ => (Kind.SendEvent, done.EventSent.Name),
        };
        if (!_actions.Remove(done.EventId, out var asked))
            return $"history has {Describe(kind, name)} as step {done.EventId}, the code has nothing there.";
        return asked.OrchestratorActionTypeCase == kind && string.Equals(NameOf(asked), name, StringComparison.OrdinalIgnoreCase) ? null
            : $"history has {Describe(kind, name)} as step {done.EventId}, the code has {Describe(asked)}.";
    }

    public static string Describe(OrchestratorAction action) => Describe(action.OrchestratorActionTypeCase, NameOf(action));

    private static string? NameOf(OrchestratorAction action) => action.OrchestratorActionTypeCase switch
    {
        Kind.ScheduleTask => action.ScheduleTask.Name,
        Kind.CreateSubOrchestration => action.CreateSubOrchestration.Name,
        Kind.SendEvent => action.SendEvent.Name,
        _ => null,
    };

    private static string Describe(Kind kind, string? name) => kind switch
    {
        Kind.ScheduleTask => $"activity '{name}'",
        Kind.CreateSubOrchestration => $"child workflow '{name}'",
        Kind.CreateTimer => "a timer",
        Kind.SendEvent => $"event '{name}' sent",
        _ => kind.ToString(),
    };
}
