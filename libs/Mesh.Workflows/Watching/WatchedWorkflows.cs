using System.Collections.Concurrent;
using Dapr.DurableTask.Protobuf;

namespace Mesh.Workflows.Watching;

/// <summary>
/// The live workflows that this process scheduled, waits for, or ran a turn of. What a killed process knew is known again when its successor waits for a workflow, or runs
/// a turn of it.
/// </summary>
internal sealed class WatchedWorkflows(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, WatchedWorkflow> _live = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WorkflowRequest> _turns = new(StringComparer.Ordinal);

    public IEnumerable<WatchedWorkflow> Live => _live.Values;

    public void Add(string id, DateTimeOffset? start) => _live.GetOrAdd(id, static (name, at) => new(name, at), start);

    public void Forget(string id) => _live.TryRemove(id, out _);

    public void Saw(WorkItem item)
    {
        if (item.WorkflowRequest is not { } turn)
            return;
        _turns[turn.InstanceId] = turn;
        _live.GetOrAdd(turn.InstanceId, static name => new(name, null)).Turn(turn, time.GetUtcNow());
    }

    /// <summary>Before the answer goes to the sidecar.</summary>
    public void Answering(WorkflowResponse answer)
    {
        if (_turns.TryGetValue(answer.InstanceId, out var turn))
            LostStarts.Drop(turn, answer);
    }

    /// <summary>The sidecar has taken the answer.</summary>
    public void Answered(WorkflowResponse answer)
    {
        if (!_turns.TryRemove(answer.InstanceId, out var turn))
            return;
        if (answer.Actions.Any(a => a.CompleteWorkflow is { WorkflowStatus: not OrchestrationStatus.ContinuedAsNew }))
        {
            Forget(answer.InstanceId);
            return;
        }
        if (_live.TryGetValue(answer.InstanceId, out var workflow))
            workflow.Answered(OpenWork.After(turn, answer));
        // A child that the sidecar made but could not start is nobody else's care.
        foreach (var child in answer.Actions.Select(a => a.CreateChildWorkflow).Where(c => c is not null && c.Router is not { TargetAppID.Length: > 0 }))
            Add(child.InstanceId, null);
    }

    /// <summary>The stream is gone: nobody waits for the answers of its turns.</summary>
    public void StreamEnded()
    {
        foreach (var id in _turns.Keys)
            if (_turns.TryRemove(id, out var turn) && _live.TryGetValue(id, out var workflow))
                workflow.Answered(new(1, null));
    }
}
