namespace Dapr.Sidecar.PubSub;

/// <summary>What waits for one app, in the order in which it came to the disk: from memory while the app keeps up, else from the disk.</summary>
internal sealed class Line(string appId, MessageStore store)
{
    /// <summary>Messages in memory, and read at once.</summary>
    private const int Limit = 64;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(1);
    private readonly Queue<Message> _near = [];
    private bool _behind = true; // an earlier process may have left some
    private long _last;

    public string AppId => appId;

    /// <summary>It is on disk.</summary>
    public void Add(Message message)
    {
        lock (_gate)
        {
            _behind |= _near.Count >= Limit;
            if (!_behind)
                _near.Enqueue(message);
        }
        Wake();
    }

    public void Wake()
    {
        if (_wake.CurrentCount == 0)
            _wake.Release();
    }

    /// <summary>There may be something to take.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _wake.WaitAsync(cancellationToken);

    /// <summary>For one taker. The next messages, each once; none when all were taken.</summary>
    public IReadOnlyList<Message> Take()
    {
        lock (_gate)
        {
            // Those that the disk gave already came here while it was read.
            var near = _near.Where(m => m.Id > _last).ToArray();
            _near.Clear();
            if (near.Length > 0)
            {
                _last = near[^1].Id;
                return near;
            }
            if (!_behind)
                return [];
            _behind = false; // from now on what comes is kept; whatever came before is on disk
        }
        var batch = store.After(appId, _last, Limit);
        lock (_gate)
        {
            if (batch.Count > 0)
                _last = batch[^1].Id;
            if (batch.Count == Limit)
            {
                // There is more between these and what came meanwhile.
                _near.Clear();
                _behind = true;
            }
        }
        return batch;
    }
}
