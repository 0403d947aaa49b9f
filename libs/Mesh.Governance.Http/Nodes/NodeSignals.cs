namespace Mesh.Governance.Http.Nodes;

/// <summary>Tells whoever waits that something changed, and streams that they must end.</summary>
internal sealed class NodeSignals
{
    private readonly Lock _lock = new();
    private CancellationTokenSource _halted = new();
    private TaskCompletionSource<long> _change = New();
    private bool _speaks = true;
    private long _revision;

    public long Revision => Volatile.Read(ref _revision);

    public CancellationToken Halted
    {
        get
        {
            lock (_lock)
                return _halted.Token;
        }
    }

    /// <summary>Something changed. When streams must end, they are told when this returns.</summary>
    /// <param name="maySpeak">Asked in turn with others, so that the last answer is the newest.</param>
    /// <exception cref="AggregateException">Whoever was told to end failed; all were told.</exception>
    public void Publish(Func<bool> maySpeak)
    {
        CancellationTokenSource halted;
        TaskCompletionSource<long> change;
        bool speaks;
        lock (_lock)
        {
            _revision++;
            speaks = maySpeak();
            if (speaks && !_speaks)
                _halted = new();
            (_speaks, halted) = (speaks, _halted);
            (change, _change) = (_change, New());
        }
        change.SetResult(_revision);
        if (!speaks)
            halted.Cancel();
    }

    /// <summary>When streams must end, they are told when this returns, also where another thread is about to publish it.</summary>
    /// <exception cref="AggregateException">Whoever was told to end failed; all were told.</exception>
    public void End(Func<bool> maySpeak)
    {
        CancellationTokenSource halted;
        lock (_lock)
        {
            if (maySpeak())
                return;
            (_speaks, halted) = (false, _halted);
        }
        halted.Cancel();
    }

    public Task<long> WaitAsync(long after, CancellationToken cancellationToken)
    {
        lock (_lock)
            return _revision > after ? Task.FromResult(_revision) : _change.Task.WaitAsync(cancellationToken);
    }

    private static TaskCompletionSource<long> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
