namespace Mesh.Simulation.Scenarios;

/// <summary>What goes wrong in a run.</summary>
[Flags]
public enum Troubles
{
    None = 0,
    /// <summary>Links are cut in one direction.</summary>
    OneWay = 1,
    /// <summary>They are cut and mended several times.</summary>
    Flapping = 2,
    /// <summary>Nodes go down, also between writing and signing, and start again with their disk.</summary>
    Crashes = 4,
    /// <summary>The disk of some cannot be read then.</summary>
    TornDisks = 8,
    /// <summary>A group of nodes hears itself alone for a while.</summary>
    Groups = 16,
    /// <summary>Clocks of a minority are slow, fast, set back or forward.</summary>
    Clocks = 32,
    /// <summary>People halt the mesh and let it go on.</summary>
    Halts = 64,
}

/// <summary>A fault of the mesh itself, to see that the checks see it.</summary>
internal enum Planted
{
    None, SmallQuorum, ForgetfulWitness, ForgetfulClock, HastyChange, EternalLease, EarlyAcknowledgement, ForgetfulHalt, RepeatedToken, StuckStream, SilentSequencer,
    NoLeaseGuard, BlindAppend, OvertakenQuestion, EarlyRelease, LostExpert, EndlessHalt, ArrivalLease,
}

/// <summary>What a mesh is in a run, and what goes wrong in it.</summary>
public sealed record MeshPlan
{
    /// <summary>Routers answer users with experts; else it is witnesses and leases alone.</summary>
    public bool Serves { get; init; } = true;

    public Troubles Troubles { get; init; }

    /// <summary>Witnesses that sign whatever they are asked.</summary>
    public int Liars { get; init; }

    /// <summary>The log has two histories, as after a store that was restored behind its back; otherwise two sequencers share one.</summary>
    public bool Forks { get; init; }

    /// <summary>While a minority is cut off, the sequencer in it writes a history of its own; afterwards it returns to the committed one.</summary>
    public bool ForksAtCut { get; init; }

    /// <summary>Most that datagrams are late while there is trouble; some come again so late all the time.</summary>
    public TimeSpan Late { get; init; }

    /// <summary>Experts answer garbage, forget, refuse and have bugs.</summary>
    public bool FaultyExperts { get; init; }

    /// <summary>Routers go on listing experts whose line broke, so that every question to one takes seconds to fail.</summary>
    public bool ListsUnreachable { get; init; }

    /// <summary>At most this share of the messages is lost, and so many come twice, while there is trouble.</summary>
    public double Loss { get; init; }

    /// <summary>Mean time between two users who ask.</summary>
    public TimeSpan BetweenUsers { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Before anything goes wrong.</summary>
    public TimeSpan Calm { get; init; } = TimeSpan.FromSeconds(8);

    public TimeSpan Troubled { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>At the end a minority is cut off from all others for so long, from and to in seconds; null: it is not.</summary>
    public (double Least, double Most)? Partition { get; init; }

    internal Planted Planted { get; init; }
}
