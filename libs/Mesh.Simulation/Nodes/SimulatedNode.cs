using Mesh.Chorus.Heads;
using Mesh.Chorus.Leases;
using Mesh.Chorus.Witnesses;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tree;
using Mesh.Simulation.Runs;
using Mesh.Simulation.Scenarios;
using Mesh.Simulation.Serving;
using Mesh.Simulation.Time;
using Mesh.Simulation.Timelines;

namespace Mesh.Simulation.Nodes;

/// <summary>A node: a witness, a follower of heads with a lease, and a Lamport clock; perhaps a router, and experts. A crash takes all but its disk.</summary>
internal sealed class SimulatedNode : Endpoint
{
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(500);
    private Lease _lease = null!;
    private HeadFollower _follower = null!;
    private WitnessMemory? _memory;
    private bool _held;

    public SimulatedNode(MeshSimulation mesh, int number, NodeClock clock) : base(mesh, number)
    {
        (Clock, IsUp) = (clock, false);
        Start();
    }

    public override string Name => $"node {Number}";

    public VerifierKey Key => MeshSimulation.Keys[Number];

    public NodeClock Clock { get; }

    public NodeDisk Disk { get; } = new();

    /// <summary>Signs whatever it is asked.</summary>
    public bool IsLiar { get; init; }

    public RouterRole? Router { get; set; }

    public List<ExpertHost> Experts { get; } = [];

    public bool HoldsLease => IsUp && (_lease.IsHeld || Mesh.Plan.Planted == Planted.EternalLease);

    public void Start()
    {
        if (IsUp)
            return;
        (IsUp, Process) = (true, Process + 1);
        var forgets = Mesh.Plan.Planted;
        if (forgets == Planted.ForgetfulWitness)
            Disk.Clear();
        if (forgets == Planted.ForgetfulHalt)
            Disk.Halts.Clear();
        Lamport = new(forgets == Planted.ForgetfulClock ? 0 : Disk.Reserved, reserved => Disk.Reserved = reserved);
        _lease = new(MeshSimulation.LeaseTime, MeshSimulation.Skew, Clock);
        _follower = new(MeshSimulation.LogKey, new(Mesh.Witnesses, Mesh.Quorum), _lease);
        _memory = Disk.IsTorn ? null : new(Disk);
        if (Process > 1)
            Mesh.Timeline.Add(EventKind.Up, Number, Disk.IsTorn ? "starts again; its disk cannot be read, so it signs and serves nothing" : "starts again");
        Router?.Start();
        Look();
    }

    public void Crash()
    {
        if (!IsUp)
            return;
        Mesh.Timeline.Add(EventKind.Down, Number, "crashes");
        IsUp = false;
        Router?.Crash();
        foreach (var expert in Experts)
            expert.Crash();
        See();
    }

    /// <returns>Null when it does not sign, or goes down before it answers.</returns>
    public (WitnessStatus Status, long Size, Cosignature? Cosignature)? Witness(long oldSize, IReadOnlyList<Hash> proof, History history, Checkpoint next)
    {
        if (_memory is not { } memory)
            return null;
        var status = IsLiar ? WitnessStatus.Cosigned : memory.Advance(oldSize, proof, next);
        return !IsUp ? null
            : status == WitnessStatus.Cosigned ? (status, next.Size, Mesh.Invariants.Signed(new(Key, Clock.GetUtcNow().ToUnixTimeSeconds()), history, next))
            : (status, memory.SizeOf(next.Origin), null);
    }

    public void Hear(History history, Checkpoint head, IReadOnlyList<Cosignature> cosignatures)
    {
        if (Mesh.Plan.Planted == Planted.ArrivalLease)
            cosignatures = [.. cosignatures.Select(c => c with { Time = Clock.GetUtcNow().ToUnixTimeSeconds() })];
        var outcome = _follower.Accept(head, cosignatures);
        See();
        if (outcome is HeadOutcome.Accepted or HeadOutcome.Renewed)
            Router?.Follow(history, head);
    }

    /// <summary>Looks at the lease: it is lost by time alone.</summary>
    private void Look()
    {
        var process = Process;
        See();
        // At the moment when it ends, if nothing comes.
        var remaining = _lease.Remaining / Clock.Rate;
        Mesh.Time.After(remaining > TimeSpan.Zero && remaining < LongestLook ? remaining + TimeSpan.FromTicks(1) : LongestLook, () =>
        {
            if (IsUp && Process == process)
                Look();
        });
    }

    private void See()
    {
        var held = HoldsLease;
        Mesh.Invariants.Leased(this, held);
        if (held == _held)
            return;
        _held = held;
        Mesh.Timeline.Add(held ? EventKind.LeaseHeld : EventKind.LeaseLost, Number, held ? "holds the lease" : "lost the lease");
    }
}
