using Mesh.Chorus.Clocks;
using Mesh.Chorus.Heads;
using Mesh.Chorus.Leases;
using Mesh.Chorus.Witnesses;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tree;

namespace Mesh.Chorus.Tests.Simulation;

/// <summary>A node: a witness, a follower of heads with a lease, and a Lamport clock. A crash takes all but its disk.</summary>
internal sealed class Machine : IWitnessStore
{
    private readonly MeshSimulation _mesh;
    private readonly TimeProvider _clock;
    private IReadOnlyList<Witnessed> _disk = [];
    private long _reserved;
    private WitnessMemory _memory = null!;
    private HeadFollower _follower = null!;

    public Machine(MeshSimulation mesh, int number, TimeProvider clock)
    {
        (_mesh, Number, _clock) = (mesh, number, clock);
        Start();
    }

    public int Number { get; }

    public VerifierKey Key => MeshSimulation.Keys[Number];

    public bool IsUp { get; private set; }

    /// <summary>Signs whatever it is asked.</summary>
    public bool IsLiar { get; init; }

    /// <summary>Starts from zero after a crash: what a witness must not do.</summary>
    public bool LosesDisk { get; init; }

    public Lease Lease { get; private set; } = null!;

    public LamportClock Lamport { get; private set; } = null!;

    /// <summary>The next write to disk happens, and then the machine is down before it signs.</summary>
    public bool CrashesAfterWrite { get; set; }

    public void Start()
    {
        if (IsUp)
            return;
        IsUp = true;
        if (LosesDisk)
            _disk = [];
        Lamport = new(_reserved, reserved => _reserved = reserved);
        Lease = new(MeshSimulation.LeaseTime, MeshSimulation.Skew, _clock);
        _follower = new(MeshSimulation.LogKey, new(_mesh.Witnesses, _mesh.Quorum), Lease);
        _memory = new(this);
    }

    public void Crash() => IsUp = false;

    /// <returns>Null when it is down, or goes down before it answers.</returns>
    public (WitnessStatus Status, long Size, Cosignature? Cosignature)? Witness(long oldSize, IReadOnlyList<Hash> proof, Checkpoint next)
    {
        var status = IsLiar ? WitnessStatus.Cosigned : _memory.Advance(oldSize, proof, next);
        return !IsUp ? null
            : status == WitnessStatus.Cosigned ? (status, next.Size, _mesh.Signed(new(Key, _clock.GetUtcNow().ToUnixTimeSeconds()), next))
            : (status, _memory.SizeOf(next.Origin), null);
    }

    public void Hear(Checkpoint head, IReadOnlyList<Cosignature> cosignatures) => _follower.Accept(head, cosignatures);

    public IReadOnlyList<Witnessed> Read() => _disk;

    public void Write(IReadOnlyCollection<Witnessed> all)
    {
        _disk = [.. all];
        if (!CrashesAfterWrite)
            return;
        CrashesAfterWrite = false;
        Crash();
        _mesh.World.After(_mesh.World.Some(TimeSpan.FromSeconds(5)), Start);
    }
}
