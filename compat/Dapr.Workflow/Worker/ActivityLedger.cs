using System.Collections.Concurrent;
using Dapr.Workflow.Wire;

namespace Dapr.Workflow.Worker;

/// <summary>
/// Activities whose results the sidecar has not acknowledged. After a lost stream it hands them out again: a running one is
/// joined, a finished one answered from here, so that only a dead worker makes a step run twice.
/// </summary>
internal sealed class ActivityLedger
{
    /// <summary>Finished results kept for a sidecar that never asks again.</summary>
    private const int Limit = 1024;

    private readonly ConcurrentDictionary<Key, Task<ActivityResponse>> _open = new();
    private readonly ConcurrentQueue<Key> _order = new();

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

    public void Acknowledged(ActivityRequest request) => _open.TryRemove(KeyOf(request), out _);

    private static Key KeyOf(ActivityRequest request) => new(request.OrchestrationInstance.InstanceId, request.TaskId, request.TaskExecutionId);

    private readonly record struct Key(string InstanceId, int TaskId, string ExecutionId);
}
