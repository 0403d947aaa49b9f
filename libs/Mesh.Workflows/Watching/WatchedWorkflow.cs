using Dapr.DurableTask.Protobuf;

namespace Mesh.Workflows.Watching;

/// <summary>What this process knows of a live workflow: what it last did, and what it may rightly wait for.</summary>
internal sealed class WatchedWorkflow(string id, DateTimeOffset? start)
{
    /// <summary>An unread event, more than enough to make the sidecar look again; after so many a workflow has other trouble.</summary>
    private const int MostWakes = 6;

    private readonly Lock _gate = new();
    private DateTimeOffset? _quietUntil = start;
    private bool _waitsForEvent, _inTurn;
    private int _history = -1, _wakes;
    private DateTimeOffset _since = DateTimeOffset.MinValue;

    public string Id => id;

    /// <summary>A turn with a longer history than the last is progress; the same turn again is a sidecar that cannot store what came of it.</summary>
    public void Turn(WorkflowRequest turn, DateTimeOffset now)
    {
        lock (_gate)
        {
            _inTurn = true;
            if (turn.PastEvents.Count == _history)
                return;
            _history = turn.PastEvents.Count;
            Progress(now);
        }
    }

    /// <param name="open">What the turn left open.</param>
    public void Answered(OpenWork open)
    {
        lock (_gate)
            (_inTurn, _quietUntil, _waitsForEvent) = (false, open.NextTimer, open.IsNothing);
    }

    public void Changed(DateTimeOffset now)
    {
        lock (_gate)
            Progress(now);
    }

    /// <summary>Nothing has happened for longer than the patience, and nothing explains it. Each wake doubles the patience.</summary>
    public bool StandsStill(DateTimeOffset now, TimeSpan patience)
    {
        lock (_gate)
        {
            if (_since == DateTimeOffset.MinValue)
                _since = now;
            var last = _quietUntil > _since ? _quietUntil.Value : _since;
            return !_inTurn && !_waitsForEvent && _wakes < MostWakes && now - last >= patience * (1 << _wakes);
        }
    }

    public void Woken(DateTimeOffset now)
    {
        lock (_gate)
            (_since, _wakes) = (now, _wakes + 1);
    }

    private void Progress(DateTimeOffset now) => (_since, _wakes) = (now, 0);
}
