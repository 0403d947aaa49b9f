using System.Collections.Concurrent;
using Dapr.Workflow.Wire;

namespace Dapr.Workflow.Worker;

/// <summary>
/// Activities whose results the sidecar has not acknowledged, or only just. After a lost stream it hands them out again: a running one is
/// joined, a finished one answered from here, so that only a dead worker makes a step run twice.
/// </summary>
internal sealed class ActivityLedger
{
    /// <summary>Finished results kept for a sidecar that never asks again.</summary>
    private const int Limit = 1024;

    /// <summary>Acknowledged results that are kept: as many as may run at once.</summary>
    private const int Recent = WorkItemHandler.MaxActivities;

    private readonly ConcurrentDictionary<Key, Task<ActivityResponse>> _open = new();
    private readonly ConcurrentQueue<Key> _order = new();
    private readonly ConcurrentQueue<Key> _acknowledged = new();

    public Task<ActivityResponse> RunOnce(ActivityRequest request, Func<ActivityRequest, Task<ActivityResponse>> run)
    {
        if (request.TaskExecutionId.Length == 0)
            return run(request);   // nothing tells this delivery from another execution's step
        var result = new TaskCompletionSource<Task<ActivityResponse>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var key = KeyOf(request);
        var mine = result.Task.Unwrap();
        var open = _open.GetOrAdd(key, mine);
        if (open != mine)
            return open;
        _order.Enqueue(key);
        while (_order.Count > Limit && _order.TryDequeue(out var oldest))
        {
            if (_open.TryGetValue(oldest, out var old) && !old.IsCompleted)
                _order.Enqueue(oldest);   // never forgotten while it runs
            else
                _open.TryRemove(oldest, out _);
        }
        result.SetResult(run(request));
        return mine;
    }

    /// <summary>The newest stay a while: the sidecar may have handed one out again just before it heard the result.</summary>
    public void Acknowledged(ActivityRequest request)
    {
        _acknowledged.Enqueue(KeyOf(request));
        while (_acknowledged.Count > Recent && _acknowledged.TryDequeue(out var oldest))
            _open.TryRemove(oldest, out _);
    }

    private static Key KeyOf(ActivityRequest request) => new(request.OrchestrationInstance.InstanceId, request.TaskId, request.TaskExecutionId);

    private readonly record struct Key(string InstanceId, int TaskId, string ExecutionId);
}
