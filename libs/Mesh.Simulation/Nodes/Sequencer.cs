using Mesh.Chorus.Witnesses;
using Mesh.Ledger.Checkpoints;
using Mesh.Simulation.Runs;
using Mesh.Simulation.Scenarios;

namespace Mesh.Simulation.Nodes;

/// <summary>A governance process at node <paramref name="at"/>: it appends, asks every witness every third of the lease time, and shows committed heads to every node.</summary>
internal sealed class Sequencer(MeshSimulation mesh, int at, History history)
{
    private const double ConfigurationChance = 0.15;
    private readonly Dictionary<int, long> _sizes = [];
    private int _round;

    public History History { get; set; } = history;

    public SimulatedNode Home => mesh.Nodes[at];

    /// <summary>It does nothing any more, to see that this is noticed.</summary>
    public bool IsSilent { get; set; }

    public void Run()
    {
        mesh.Time.After(MeshSimulation.LeaseTime / 3, Run);
        if (!Home.IsUp || IsSilent)
            return;
        for (var more = mesh.Time.Random.Next(3); more > 0; more--)
            Append(EntryKind.Note);
        if (mesh.Plan.Serves && mesh.Time.Chance(ConfigurationChance))
            Append(EntryKind.Configuration, mesh.NextConfiguration());
        if (History.Size == 0)
            return;
        Read();
        _round++;
        var (round, head, cosignatures) = (_round, History.Head(), new Dictionary<int, Cosignature>());
        foreach (var node in mesh.Nodes)
            Ask(node, History, head, round, cosignatures, attempts: 3);
    }

    /// <summary>The entry's stamp is above the log's and the caller's.</summary>
    public void Append(EntryKind kind, int number = 0)
    {
        Read();
        var stamp = Home.Stamp();
        var last = Last;
        mesh.Invariants.Require(stamp > last, $"{Home.Name} appends an entry of stamp {stamp} after one of {last}");
        History.Append(new(stamp, at, kind, number));
    }

    /// <summary>The stamp of the log's last entry, perhaps the other sequencer's.</summary>
    private long Last => History.Size == 0 ? 0 : History[(int)History.Size - 1].Lamport;

    private void Read()
    {
        if (mesh.Plan.Planted != Planted.BlindAppend)
            Home.Receive(Last);
    }

    private void Ask(SimulatedNode witness, History history, Checkpoint head, int round, Dictionary<int, Cosignature> cosignatures, int attempts)
    {
        var oldSize = Math.Min(_sizes.GetValueOrDefault(witness.Number), head.Size);
        var proof = history.Proof(oldSize, head.Size);
        Home.Send(witness, () =>
        {
            if (mesh.Plan.Planted == Planted.HastyChange)
                witness.Router?.Follow(history, head);
            if (witness.Witness(oldSize, proof, history, head) is not { } answer)
                return;
            witness.Send(Home, () =>
            {
                if (round != _round)
                    return;
                _sizes[witness.Number] = answer.Size;
                if (answer.Cosignature is { } cosignature)
                    Cosigned(witness.Number, cosignature, history, head, cosignatures);
                else if (answer.Status == WitnessStatus.Conflict && answer.Size <= head.Size && attempts > 0)
                    Ask(witness, history, head, round, cosignatures, attempts - 1);
            });
        });
    }

    private void Cosigned(int witness, Cosignature cosignature, History history, Checkpoint head, Dictionary<int, Cosignature> cosignatures)
    {
        if (!cosignatures.TryAdd(witness, cosignature) || cosignatures.Count < mesh.Quorum)
            return;
        IReadOnlyList<Cosignature> shown = [.. cosignatures.Values];
        foreach (var node in mesh.Nodes)
            Home.Send(node, () => node.Hear(history, head, shown));
    }
}
