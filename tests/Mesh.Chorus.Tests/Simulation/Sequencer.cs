using Mesh.Chorus.Witnesses;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Tree;

namespace Mesh.Chorus.Tests.Simulation;

/// <summary>A history that grows.</summary>
internal sealed class History
{
    private readonly List<Hash> _leaves = [];
    private readonly Dictionary<LeafRange, Hash> _roots = [];

    public long Size => _leaves.Count;

    public void Append(long lamport, int by) => _leaves.Add(MerkleTree.Leaf(BitConverter.GetBytes(lamport * 16 + by)));

    public History Fork()
    {
        var fork = new History();
        fork._leaves.AddRange(_leaves);
        return fork;
    }

    public Checkpoint Head() => new(MeshSimulation.LogKey.Name, Size, Root(new(0, Size)));

    public IReadOnlyList<Hash> Proof(long oldSize, long size) => [.. MerkleTree.ConsistencyPath(oldSize, size).Select(Root)];

    private Hash Root(LeafRange range)
    {
        if (_roots.TryGetValue(range, out var root))
            return root;
        return _roots[range] = range.Hash(subtree => subtree.Level == 0 ? _leaves[(int)subtree.Index] : Root(Half(subtree, 0), Half(subtree, 1)));

        static LeafRange Half(Subtree of, int half) => new((2 * of.Index + half) << (of.Level - 1), (2 * of.Index + half + 1) << (of.Level - 1));
    }

    private Hash Root(LeafRange left, LeafRange right) => MerkleTree.Node(Root(left), Root(right));
}

/// <summary>A governance process at machine <paramref name="at"/>: it appends, asks every witness every third of the lease time, and shows committed heads to every node.</summary>
internal sealed class Sequencer(MeshSimulation mesh, int at, History history)
{
    private readonly Dictionary<int, long> _sizes = [];
    private int _round;

    public History History { get; set; } = history;

    private Machine Home => mesh.Machines[at];

    public void Run()
    {
        mesh.World.After(MeshSimulation.LeaseTime / 3, Run);
        if (!Home.IsUp)
            return;
        for (var more = mesh.World.Random.Next(3); more > 0; more--)
            Append();
        if (History.Size == 0)
            return;
        _round++;
        var (round, head, cosignatures) = (_round, History.Head(), new Dictionary<int, Cosignature>());
        foreach (var machine in mesh.Machines)
            Ask(machine, head, round, cosignatures, attempts: 3);
    }

    /// <summary>The entry's stamp is above the log's and the caller's, and the caller has seen it.</summary>
    private void Append()
    {
        var stamp = mesh.Stamped(Home.Lamport.Tick());
        Home.Lamport.Raise(stamp);
        History.Append(stamp, at);
    }

    private void Ask(Machine witness, Checkpoint head, int round, Dictionary<int, Cosignature> cosignatures, int attempts)
    {
        var oldSize = Math.Min(_sizes.GetValueOrDefault(witness.Number), head.Size);
        var (proof, sent) = (History.Proof(oldSize, head.Size), Home.Lamport.Tick());
        mesh.Network.Send(at, witness.Number, () =>
        {
            if (!witness.IsUp || !mesh.Receive(witness, sent) || witness.Witness(oldSize, proof, head) is not { } answer)
                return;
            var answered = witness.Lamport.Tick();
            mesh.Network.Send(witness.Number, at, () =>
            {
                if (!Home.IsUp || !mesh.Receive(Home, answered) || round != _round)
                    return;
                _sizes[witness.Number] = answer.Size;
                if (answer.Cosignature is { } cosignature)
                    Cosigned(witness.Number, cosignature, head, cosignatures);
                else if (answer.Status == WitnessStatus.Conflict && answer.Size <= head.Size && attempts > 0)
                    Ask(witness, head, round, cosignatures, attempts - 1);
            });
        });
    }

    private void Cosigned(int witness, Cosignature cosignature, Checkpoint head, Dictionary<int, Cosignature> cosignatures)
    {
        if (!cosignatures.TryAdd(witness, cosignature) || cosignatures.Count < mesh.Quorum)
            return;
        IReadOnlyList<Cosignature> shown = [.. cosignatures.Values];
        foreach (var machine in mesh.Machines)
        {
            var sent = Home.Lamport.Tick();
            mesh.Network.Send(at, machine.Number, () =>
            {
                if (machine.IsUp && mesh.Receive(machine, sent))
                    machine.Hear(head, shown);
            });
        }
    }
}
