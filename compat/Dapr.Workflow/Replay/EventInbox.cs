using Dapr.Workflow.Wire;

namespace Dapr.Workflow.Replay;

/// <summary>External events that nobody awaited yet, and waits that no event met yet; first in, first out per name, case ignored.</summary>
internal sealed class EventInbox
{
    private readonly Dictionary<string, LinkedList<IResult>> _waits = new(StringComparer.OrdinalIgnoreCase);
    private readonly LinkedList<HistoryEvent> _unread = [];
    private bool _closed;

    public bool HasWaits => _waits.Values.Any(w => w.Count > 0);

    /// <summary>In order of arrival.</summary>
    public IEnumerable<HistoryEvent> Unread => _unread;

    /// <summary>From now on events only pile up: the code has ended and reads no more.</summary>
    public void Close() => _closed = true;

    public void Deliver(HistoryEvent raised)
    {
        if (!_closed && _waits.TryGetValue(raised.EventRaised.Name, out var waits) && waits.First is { } first)
        {
            waits.RemoveFirst();
            first.Value.Complete(raised.EventRaised.Input);
        }
        else
        {
            _unread.AddLast(raised);
        }
    }

    public bool TryTake(string name, out string? payload)
    {
        for (var node = _unread.First; node is not null; node = node.Next)
        {
            if (!string.Equals(node.Value.EventRaised.Name, name, StringComparison.OrdinalIgnoreCase))
                continue;
            _unread.Remove(node);
            payload = node.Value.EventRaised.Input;
            return true;
        }
        payload = null;
        return false;
    }

    public LinkedListNode<IResult> Wait(string name, IResult result)
    {
        if (!_waits.TryGetValue(name, out var waits))
            _waits[name] = waits = [];
        return waits.AddLast(result);
    }
}
