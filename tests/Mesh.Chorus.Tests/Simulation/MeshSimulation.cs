using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tree;

namespace Mesh.Chorus.Tests.Simulation;

/// <summary>What goes wrong in a run.</summary>
/// <param name="Forks">The log has two histories, as after a store that was restored behind its back; otherwise two sequencers share one.</param>
/// <param name="Quorum">Smaller than it must be, to see that the checks see it.</param>
/// <param name="LosesDisk">Witnesses start from zero after a crash, to see the same.</param>
internal sealed record Faults(bool Forks = false, int Liars = 0, int? Quorum = null, bool LosesDisk = false);

/// <summary>
/// A log, machines and the faults between them, all from one seed. The checks know everything: every cosignature that was ever made counts, also one that was lost on its way.
/// Signatures are not computed, so that thousands of runs take seconds; that they are verified is the business of other tests.
/// </summary>
internal sealed class MeshSimulation
{
    public static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(5), Skew = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Troubled = TimeSpan.FromSeconds(30);

    public static readonly VerifierKey LogKey = Named("mesh/test");
    public static readonly VerifierKey[] Keys = [.. Enumerable.Range(0, 9).Select(i => Named($"node{i}").As(KeyKind.Cosignature))];

    private readonly int _seed;
    private readonly bool _forks;
    private bool _isCalm;
    private readonly Sequencer[] _sequencers;
    private readonly Dictionary<(long Size, Hash Root), HashSet<VerifierKey>> _cosigned = [];
    private readonly Dictionary<long, Hash> _committed = [];

    public MeshSimulation(int seed, Faults faults)
    {
        (_seed, _forks, World) = (seed, faults.Forks, new(seed));
        Network = new(World) { Loss = World.Random.NextDouble() * 0.3, Duplication = World.Random.NextDouble() * 0.3 };
        var count = World.Random.Next(Math.Max(3, 2 * faults.Liars + 1), 8);
        Witnesses = Keys[..count];
        Quorum = faults.Quorum ?? Mesh.Chorus.Quorums.Quorum.Of(count, faults.Liars);
        Machines = [.. Enumerable.Range(0, count).Select(i => new Machine(this, i, World.Clock(World.Some(Skew) - Skew / 2)) { IsLiar = i < faults.Liars, LosesDisk = faults.LosesDisk })];
        var history = new History();
        _sequencers = [new(this, 0, history), new(this, count - 1, history)];
        if (_forks)
            World.After(World.Some(Troubled / 2), () => _sequencers[1].History = history.Fork());
    }

    public World World { get; }

    public Network Network { get; }

    public Machine[] Machines { get; }

    public VerifierKey[] Witnesses { get; }

    public int Quorum { get; }

    /// <summary>Sizes that were committed.</summary>
    public int Committed => _committed.Count;

    public MeshSimulation Run()
    {
        foreach (var sequencer in _sequencers)
            World.After(World.Some(LeaseTime / 3), sequencer.Run);
        World.After(World.Some(TimeSpan.FromSeconds(1)), Trouble);
        World.RunUntil(Troubled);
        if (!_forks)
        {
            Heal("after the troubles");
            Isolate();
            Heal("after the partition");
        }
        return this;
    }

    /// <summary>A witness made a cosignature: it counts from now on, wherever it goes.</summary>
    public Cosignature Signed(Cosignature cosignature, Checkpoint head)
    {
        if (!_cosigned.TryGetValue((head.Size, head.Root), out var witnesses))
            _cosigned[(head.Size, head.Root)] = witnesses = [];
        witnesses.Add(cosignature.Witness);
        if (witnesses.Count >= Quorum)
            Require(_committed.TryAdd(head.Size, head.Root) || _committed[head.Size] == head.Root, $"two roots of size {head.Size} are committed");
        return cosignature;
    }

    /// <summary>A message arrives; its stamp is below that of its arrival.</summary>
    public bool Receive(Machine machine, long sent)
    {
        var before = machine.Lamport.Now;
        Require(machine.Lamport.TryReceive(sent, out var stamp) && stamp > sent && stamp > before, $"the clock of node {machine.Number} went from {before} to {stamp} by a message of {sent}");
        return true;
    }

    private long _lastEntry;

    /// <summary>An entry's stamp; of one shared history each is above the one before.</summary>
    public long Stamped(long caller) => _lastEntry = Math.Max(_lastEntry, caller) + 1;

    /// <summary>One more thing goes wrong, now and again.</summary>
    private void Trouble()
    {
        if (World.Now >= Troubled)
            return;
        World.After(World.Some(TimeSpan.FromSeconds(2)), Trouble);
        var (machine, other) = (World.Random.Next(Machines.Length), World.Random.Next(Machines.Length));
        switch (World.Random.Next(5))
        {
            case 0:
                Machines[machine].CrashesAfterWrite = true;
                break;
            case 1 when Machines[machine].IsUp:
                Machines[machine].Crash();
                World.After(World.Some(TimeSpan.FromSeconds(8)), Machines[machine].Start);
                break;
            case 2:   // one way
                Flap(machine, other, World.Random.Next(4));
                break;
            case 3:   // a group that hears itself alone
                var group = Machines.Where(_ => World.Chance(0.5)).Select(m => m.Number).ToHashSet();
                Between(group, Network.Cut);
                World.After(World.Some(TimeSpan.FromSeconds(10)), () => Between(group, Network.Mend));
                break;
            default:
                break;
        }
    }

    private void Flap(int from, int to, int more)
    {
        if (_isCalm)
            return;
        Network.Cut(from, to);
        World.After(World.Some(TimeSpan.FromSeconds(3)), () =>
        {
            Network.Mend(from, to);
            if (more > 0)
                World.After(World.Some(TimeSpan.FromSeconds(1)), () => Flap(from, to, more - 1));
        });
    }

    /// <summary>A minority is cut off from all others: within T none of it has the lease, nor gets it again.</summary>
    private void Isolate()
    {
        var order = Machines.Select(m => m.Number).ToArray();
        World.Random.Shuffle(order);
        // At least one sequencer stays with the majority, so that it goes on.
        var minority = order.Where(n => n != 0).Take(World.Random.Next(1, Machines.Length - Quorum + 1)).ToHashSet();
        Between(minority, Network.Cut);
        World.RunUntil(World.Now + LeaseTime);
        for (var i = 0; i < 20; i++)
        {
            foreach (var machine in Machines)
                Require(machine.Lease.IsHeld != minority.Contains(machine.Number), $"{LeaseTime + LeaseTime * i / 10} after the partition node {machine.Number} {(machine.Lease.IsHeld ? "of the minority has" : "of the majority lacks")} the lease");
            World.RunUntil(World.Now + LeaseTime / 10);
        }
    }

    /// <summary>Within T everybody has the lease, and keeps it.</summary>
    private void Heal(string when)
    {
        _isCalm = true;
        Network.Heal();
        foreach (var machine in Machines)
        {
            machine.CrashesAfterWrite = false;
            machine.Start();
        }
        World.RunUntil(World.Now + LeaseTime);
        for (var i = 0; i < 20; i++)
        {
            foreach (var machine in Machines)
                Require(machine.Lease.IsHeld, $"{LeaseTime + LeaseTime * i / 10} {when} node {machine.Number} has no lease");
            World.RunUntil(World.Now + LeaseTime / 10);
        }
    }

    private void Between(HashSet<int> group, Action<int, int> change)
    {
        foreach (var inside in group)
            foreach (var outside in Machines.Select(m => m.Number).Where(n => !group.Contains(n)))
            {
                change(inside, outside);
                change(outside, inside);
            }
    }

    private void Require(bool holds, string fault)
    {
        if (!holds)
            throw new InvariantException($"Seed {_seed}, {Machines.Length} witnesses, quorum {Quorum}, at {World.Now}: {fault}.");
    }

    private static VerifierKey Named(string name) => SigningKey.FromSeed(name, System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name))).Verifier;
}

/// <summary>What must never happen did; the message has the seed.</summary>
internal sealed class InvariantException(string message) : Exception(message);
