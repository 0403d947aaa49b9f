namespace Dapr.Sidecar.Actors;

/// <summary>One background task a key; a new one replaces the old.</summary>
internal sealed class KeyedTasks<TKey> : IDisposable where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, CancellationTokenSource> _running = [];
    private bool _stopped;

    public void Start(TKey key, Func<CancellationToken, Task> run)
    {
        CancellationTokenSource cancel = new();
        lock (_gate)
        {
            if (_stopped)
                return;
            Cancel(key);
            _running[key] = cancel;
        }
        _ = RunAsync(key, run, cancel);
    }

    public void Stop(TKey key)
    {
        lock (_gate)
            Cancel(key);
    }

    public void Stop(Predicate<TKey> which)
    {
        lock (_gate)
            foreach (var key in _running.Keys.Where(key => which(key)).ToArray())
                Cancel(key);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            foreach (var key in _running.Keys.ToArray())
                Cancel(key);
        }
    }

    private void Cancel(TKey key)
    {
        if (_running.Remove(key, out var cancel))
            // Not here: what waits on it would go on under the lock.
            _ = cancel.CancelAsync();
    }

    private async Task RunAsync(TKey key, Func<CancellationToken, Task> run, CancellationTokenSource cancel)
    {
        try
        {
            await run(cancel.Token);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Replaced or stopped.
        }
        finally
        {
            lock (_gate)
                if (_running.GetValueOrDefault(key) == cancel)
                    _running.Remove(key);
        }
    }
}
