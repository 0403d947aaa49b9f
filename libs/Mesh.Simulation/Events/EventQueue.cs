namespace Mesh.Simulation.Events;

/// <summary>Virtual time: what is due first happens first, of equals what was said first. The same calls give the same run.</summary>
public sealed class EventQueue
{
    private readonly PriorityQueue<Action, (double Time, long Number)> _events = new();
    private long _number;

    /// <summary>Milliseconds since the beginning.</summary>
    public double Now { get; private set; }

    public int Count => _events.Count;

    /// <param name="delay">Milliseconds from now, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is in the past, or no number.</exception>
    public void After(double delay, Action happens)
    {
        if (!(delay >= 0) || !double.IsFinite(delay))
            throw new ArgumentOutOfRangeException(nameof(delay), delay, "An event is now or later.");
        _events.Enqueue(happens, (Now + delay, _number++));
    }

    /// <summary>Lets happen what is due until a time, which is then now.</summary>
    public void RunUntil(double time)
    {
        while (_events.TryPeek(out _, out var next) && next.Time <= time)
        {
            Now = next.Time;
            _events.Dequeue()();
        }
        Now = Math.Max(Now, time);
    }
}
