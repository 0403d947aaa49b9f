using Dapr.Workflow.Wire;
using Google.Protobuf;

namespace Dapr.Workflow.Tests.Replay;

/// <summary>A history that real daprd wrote: its last turn, and what the code of that day answered.</summary>
internal sealed record History(OrchestratorRequest Last, OrchestratorResponse Answer)
{
    /// <exception cref="FormatException">These are no two lines of JSON.</exception>
    public static History Read(string recorded)
    {
        try
        {
            return recorded.Split('\n', StringSplitOptions.RemoveEmptyEntries) is [var request, var response]
                ? new(JsonParser.Default.Parse<OrchestratorRequest>(request), JsonParser.Default.Parse<OrchestratorResponse>(response))
                : throw new FormatException("A recorded history has two lines, the last turn and its answer.");
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw new FormatException($"A recorded history is protocol JSON: {e.Message}", e);
        }
    }

    /// <summary>Every turn, one after the other: what the code asks for must be what the history has after it.</summary>
    /// <returns>Null, or the first difference.</returns>
    public async Task<string?> DifferenceAsync(ReplayHost host)
    {
        var turns = new List<List<HistoryEvent>>();
        foreach (var e in Last.PastEvents)
        {
            if (e.OrchestratorStarted is not null)
                turns.Add([]);
            turns[^1].Add(e);
        }
        var past = new List<HistoryEvent>();
        for (var n = 0; n < turns.Count; n++)
        {
            var turn = new OrchestratorRequest { InstanceId = Last.InstanceId };
            turn.PastEvents.AddRange(past);
            turn.NewEvents.AddRange(turns[n].Where(e => Recorded(e) is null));
            var then = turns[n].Select(Recorded).Where(a => a is not null).ToArray();
            var now = (await host.TurnAsync(turn)).Actions.Select(Asked).ToArray();
            if (!then.SequenceEqual(now))
                return $"turn {n}: history has [{string.Join("; ", then)}], the code asks for [{string.Join("; ", now)}]";
            past.AddRange(turns[n]);
        }
        var (end, today) = (Answer.Actions.Select(Asked).ToArray(), (await host.TurnAsync(Last)).Actions.Select(Asked).ToArray());
        return end.SequenceEqual(today) ? null : $"last turn: history has [{string.Join("; ", end)}], the code asks for [{string.Join("; ", today)}]";
    }

    /// <summary>Ids of children and of executions are the worker's own affair.</summary>
    private static string? Recorded(HistoryEvent e) => e switch
    {
        { TaskScheduled: { } t } => $"{e.EventId} activity {t.Name}({t.Input})",
        { TimerCreated: not null } => $"{e.EventId} timer",
        { SubOrchestrationInstanceCreated: { } c } => $"{e.EventId} child {c.Name}({c.Input})",
        { EventSent: { } s } => $"{e.EventId} event {s.Name} to {s.InstanceId}",
        _ => null,
    };

    private static string Asked(OrchestratorAction a) => a switch
    {
        { ScheduleTask: { } t } => $"{a.Id} activity {t.Name}({t.Input})",
        { CreateTimer: not null } => $"{a.Id} timer",
        { CreateSubOrchestration: { } c } => $"{a.Id} child {c.Name}({c.Input})",
        { SendEvent: { } s } => $"{a.Id} event {s.Name} to {s.Instance.InstanceId}",
        { CompleteOrchestration: { } end } => $"{end.OrchestrationStatus} {end.Result}{end.FailureDetails?.ErrorType} {end.FailureDetails?.ErrorMessage}",
        _ => a.ToString(),
    };
}
