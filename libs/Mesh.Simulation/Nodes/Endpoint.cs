using Mesh.Chorus.Clocks;
using Mesh.Simulation.Runs;

namespace Mesh.Simulation.Nodes;

/// <summary>Whoever sends and receives: a node, or a person. Every message carries a Lamport stamp.</summary>
internal abstract class Endpoint(MeshSimulation mesh, int number)
{
    public MeshSimulation Mesh => mesh;

    public int Number => number;

    public abstract string Name { get; }

    public bool IsUp { get; protected set; } = true;

    /// <summary>Counts its starts: what was meant for the process before is not for this one.</summary>
    public int Process
    {
        get;
        protected set => (field, Since) = (value, mesh.Time.Elapsed);
    }

    /// <summary>When its process started.</summary>
    public TimeSpan Since { get; private set; }

    public LamportClock Lamport { get; protected set; } = new();

    /// <summary>The last stamp that it gave, over every restart, or that it took from a committed entry.</summary>
    public long LastStamp { get; private set; }

    /// <summary>An event here.</summary>
    public long Stamp() => Stamped(Lamport.Tick());

    /// <param name="broken">As of the network; a line also breaks when one of its ends goes down.</param>
    public void Send(Endpoint to, Action arrives, Action? broken = null)
    {
        if (!IsUp)
            return;
        var (sent, process) = (Stamp(), to.Process);
        mesh.Network.Send(Number, to.Number, () =>
        {
            if (!to.IsUp || (broken is not null && to.Process != process))
            {
                mesh.Network.Break(broken);
                return;
            }
            to.Receive(sent);
            arrives();
        }, broken);
    }

    /// <summary>It takes a committed entry.</summary>
    public void Raise(long committed)
    {
        Lamport.Raise(committed);
        LastStamp = Math.Max(LastStamp, committed);
    }

    /// <summary>A message comes, or it reads an entry of the log.</summary>
    public void Receive(long sent)
    {
        mesh.Invariants.Require(Lamport.TryReceive(sent, out var stamp) && stamp > sent, $"the clock of {Name} is at {stamp} after a message of {sent}");
        Stamped(stamp);
    }

    private long Stamped(long stamp)
    {
        mesh.Invariants.Require(stamp > LastStamp, $"the Lamport clock of {Name} goes from {LastStamp} to {stamp}");
        return LastStamp = stamp;
    }
}
