using Mesh.Simulation.Time;

namespace Mesh.Simulation.Timelines;

public enum EventKind
{
    Phase, Cut, Mended, Up, Down, LeaseHeld, LeaseLost, Committed, Halt, Change, Clock, Stream, Token,
}

/// <param name="Node">-1: the mesh as a whole.</param>
public sealed record TimelineEvent(TimeSpan At, int Node, EventKind Kind, string Text);

/// <summary>What happened in a run, in its order.</summary>
public sealed class Timeline(VirtualTime time)
{
    private readonly List<TimelineEvent> _events = [];

    public IReadOnlyList<TimelineEvent> Events => _events;

    internal void Add(EventKind kind, int node, string text) => _events.Add(new(time.Elapsed, node, kind, text));
}
