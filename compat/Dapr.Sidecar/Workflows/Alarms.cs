namespace Dapr.Sidecar.Workflows;

/// <summary>Calls back at given times, with one timer for all of them. Never early.</summary>
internal sealed class Alarms : IDisposable
{
    /// <summary>A timer's longest wait is about 49 days; waking daily is cheap and also follows a clock that was set.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly TimeProvider _time;
    private readonly PriorityQueue<Action, DateTimeOffset> _pending = new();
    private readonly ITimer _timer;

    public Alarms(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static alarms => ((Alarms)alarms!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Set(DateTimeOffset at, Action ring)
    {
        lock (_pending)
        {
            _pending.Enqueue(ring, at);
            Arm();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Ring()
    {
        List<Action> due = [];
        lock (_pending)
        {
            while (_pending.TryPeek(out var ring, out var at) && at <= _time.GetUtcNow())
            {
                _pending.Dequeue();
                due.Add(ring);
            }
            Arm();
        }
        foreach (var ring in due)
            ring();
    }

    private void Arm()
    {
        if (!_pending.TryPeek(out _, out var at))
            return;
        var wait = at - _time.GetUtcNow();
        // A timer counts whole milliseconds: rounded up, or it would ring before its time and spin.
        _timer.Change(wait <= TimeSpan.Zero ? TimeSpan.Zero : wait > Longest ? Longest : TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }
}
