using System.Collections.Concurrent;

namespace Mesh.Workflows.Ledger;

/// <summary>
/// What steps of this process have answered or are about to. A sidecar that lost the stream, or died before it stored a result, hands the step out again: a running one is
/// then joined and a finished one answered from here. Survives the loss of a stream and of the sidecar; not the end of this process, after which a step whose result
/// was not stored runs again, as at-least-once allows. Bounded: of the finished ones the oldest go.
/// </summary>
internal sealed class ActivityLedger(int limit)
{
    private readonly ConcurrentDictionary<StepKey, Task<object?>> _steps = new();
    private readonly ConcurrentQueue<StepKey> _order = new();

    public bool IsRunning(string instanceId) => _steps.Any(s => s.Key.InstanceId == instanceId && !s.Value.IsCompleted);

    /// <summary>The result, or the fault, of the first run.</summary>
    public Task<object?> RunOnceAsync(StepKey key, Func<Task<object?>> run)
    {
        var result = new TaskCompletionSource<Task<object?>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var mine = result.Task.Unwrap();
        var step = _steps.GetOrAdd(key, mine);
        if (step != mine)
        {
            MeshWorkflows.Joined.Add(1);
            return step;
        }
        _order.Enqueue(key);
        for (var surplus = _order.Count - limit; surplus > 0 && _order.TryDequeue(out var oldest); surplus--)
        {
            if (_steps.TryGetValue(oldest, out var old) && !old.IsCompleted)
                _order.Enqueue(oldest); // never forgotten while it runs
            else
                _steps.TryRemove(oldest, out _);
        }
        result.SetResult(RunAsync(run));
        return mine;
    }

    /// <summary>A step that throws before it awaits has failed like any other.</summary>
    private static async Task<object?> RunAsync(Func<Task<object?>> run) => await run();
}

/// <param name="ExecutionKey">Names one call of one step in one execution of the workflow.</param>
internal readonly record struct StepKey(string InstanceId, string ExecutionKey);
