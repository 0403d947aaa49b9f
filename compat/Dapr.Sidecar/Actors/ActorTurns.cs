namespace Dapr.Sidecar.Actors;

/// <summary>One turn at a time, first come first served; calls that carry the running turn's reentrancy id join it.</summary>
internal sealed class ActorTurns
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private string? _running;
    private int _depth;

    /// <summary>Calls running or waiting.</summary>
    public int Pending { get; private set; }

    public long LastUse { get; set; }

    /// <param name="reentrancyId">Of the calling turn; null never joins.</param>
    /// <returns>False when the stack is deeper than <paramref name="maxDepth"/>.</returns>
    public async Task<bool> EnterAsync(string? reentrancyId, int maxDepth, CancellationToken cancellationToken)
    {
        LinkedListNode<TaskCompletionSource>? node = null;
        lock (_gate)
        {
            if (_depth > 0 && reentrancyId is not null && _running == reentrancyId)
            {
                if (_depth >= maxDepth)
                    return false;
                (_depth, Pending) = (_depth + 1, Pending + 1);
                return true;
            }
            Pending++;
            if (_depth == 0 && _waiting.Count == 0)
            {
                (_running, _depth) = (reentrancyId, 1);
                return true;
            }
            node = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        try
        {
            await node.Value.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                if (node.List is not null)
                {
                    _waiting.Remove(node);
                    Pending--;
                    throw;
                }
            }
            // The turn was handed over at that very moment: pass it on.
            Leave();
            throw;
        }
        lock (_gate)
            _running = reentrancyId;
        return true;
    }

    public void Leave()
    {
        lock (_gate)
        {
            Pending--;
            if (--_depth > 0)
                return;
            _running = null;
            if (_waiting.First is not { } next)
                return;
            _waiting.RemoveFirst();
            _depth = 1;
            next.Value.TrySetResult();
        }
    }
}
