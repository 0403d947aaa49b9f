namespace Dapr.Sidecar.Actors;

internal enum TurnEntry
{
    Entered,
    TooDeep,

    /// <summary>The actor was put to rest; the caller finds its new entry.</summary>
    Retired,
}

/// <summary>One turn at a time, first come first served; calls that carry the running turn's reentrancy id join it.</summary>
internal sealed class ActorTurns
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private string? _running;
    private int _depth;
    private bool _retired;

    /// <summary>Calls running or waiting.</summary>
    public int Pending { get; private set; }

    public long LastUse { get; set; }

    /// <param name="reentrancyId">Of the calling turn; null never joins.</param>
    public async ValueTask<TurnEntry> EnterAsync(string? reentrancyId, int maxDepth, CancellationToken cancellationToken)
    {
        LinkedListNode<TaskCompletionSource>? node;
        lock (_gate)
        {
            if (_retired)
                return TurnEntry.Retired;
            if (_depth > 0 && reentrancyId is not null && _running == reentrancyId)
            {
                if (_depth >= maxDepth)
                    return TurnEntry.TooDeep;
                (_depth, Pending) = (_depth + 1, Pending + 1);
                return TurnEntry.Entered;
            }
            Pending++;
            if (_depth == 0 && _waiting.Count == 0)
            {
                (_running, _depth) = (reentrancyId, 1);
                return TurnEntry.Entered;
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
                var waits = node.List is not null;
                if (waits)
                    _waiting.Remove(node);
                if (waits || _retired)
                {
                    Pending--;
                    throw;
                }
            }
            // The turn was handed over at that very moment: pass it on.
            Leave();
            throw;
        }
        lock (_gate)
        {
            if (_retired)
            {
                Pending--;
                return TurnEntry.Retired;
            }
            _running = reentrancyId;
        }
        return TurnEntry.Entered;
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

    /// <summary>Within a turn: nobody enters after it, unless somebody waits already.</summary>
    public bool TryRetire()
    {
        lock (_gate)
            return _retired = Pending == 1;
    }

    /// <summary>Within a turn: nobody enters after it, and those who wait find the actor's new entry.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _retired = true;
            foreach (var waiting in _waiting)
                waiting.TrySetResult();
            _waiting.Clear();
        }
    }
}
