namespace Dapr.Sidecar.Workflows;

/// <summary>Wakes whoever waits for a change of an instance; an id need not exist yet.</summary>
internal sealed class StateWatch
{
    private readonly Dictionary<string, (TaskCompletionSource Changed, int Waiters)> _waits = [];

    public void Pulse(string id)
    {
        lock (_waits)
        {
            if (_waits.Remove(id, out var wait))
                wait.Changed.SetResult();
        }
    }

    /// <summary>Reads until <paramref name="holds"/>; a change between reading and waiting is not missed.</summary>
    public async Task<T> UntilAsync<T>(string id, Func<T> read, Func<T, bool> holds, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = Join(id);
            try
            {
                if (read() is var state && holds(state))
                    return state;
                await changed.Task.WaitAsync(cancellationToken);
            }
            finally
            {
                Leave(id, changed);
            }
        }
    }

    private TaskCompletionSource Join(string id)
    {
        lock (_waits)
        {
            var (changed, waiters) = _waits.GetValueOrDefault(id);
            changed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waits[id] = (changed, waiters + 1);
            return changed;
        }
    }

    private void Leave(string id, TaskCompletionSource changed)
    {
        lock (_waits)
        {
            if (!_waits.TryGetValue(id, out var wait) || wait.Changed != changed)
                return;
            if (wait.Waiters == 1)
                _waits.Remove(id);
            else
                _waits[id] = (changed, wait.Waiters - 1);
        }
    }
}
