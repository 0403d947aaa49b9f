using Mesh.Simulation.Time;

namespace Mesh.Simulation.Timelines;

public enum EventKind
{
    Phase, Cut, Mended, Up, Down, LeaseHeld, LeaseLost, Halt, Clock, Change, Committed, Stream, Token,
}

/// <param name="Node">-1: the mesh as a whole.</param>
public sealed record TimelineEvent(TimeSpan At, int Node, EventKind Kind, string Text);

/// <summary>Nodes that heard only themselves.</summary>
public sealed class Alone(IReadOnlyCollection<int> nodes, TimeSpan from)
{
    public IReadOnlyCollection<int> Nodes => nodes;

    public TimeSpan From => from;

    /// <summary>Null: to the end.</summary>
    public TimeSpan? To { get; internal set; }
}

/// <summary>What happened in a run, in its order.</summary>
public sealed class Timeline(VirtualTime time)
{
    private readonly List<TimelineEvent> _events = [];
    private readonly List<Alone> _alone = [];

    public IReadOnlyList<TimelineEvent> Events => _events;

    public IReadOnlyList<Alone> Alone => _alone;

    public TimeSpan Now => time.Elapsed;

    internal void Add(EventKind kind, int node, string text) => _events.Add(new(time.Elapsed, node, kind, text));

    internal Alone Cut(IReadOnlyCollection<int> nodes)
    {
        var alone = new Alone(nodes, time.Elapsed);
        _alone.Add(alone);
        return alone;
    }

    /// <summary>Whoever was alone is so no longer.</summary>
    internal void Mend()
    {
        foreach (var alone in _alone)
            alone.To ??= time.Elapsed;
    }
}
