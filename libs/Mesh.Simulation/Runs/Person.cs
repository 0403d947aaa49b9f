using Mesh.Simulation.Nodes;
using Mesh.Simulation.Timelines;

namespace Mesh.Simulation.Runs;

/// <summary>Somebody who halts the mesh over the network, node by node until each has acknowledged, and later asks a sequencer to write down that it is over.</summary>
internal sealed class Person(MeshSimulation mesh, int number) : Endpoint(mesh, number)
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private readonly HashSet<(int Halt, int Node)> _acknowledged = [];
    private int _halts, _over;

    public override string Name => "the person";

    public void Halt()
    {
        if (_halts > _over)
            return;   // one at a time
        _halts++;
        Mesh.Record.Halts++;
        Mesh.Timeline.Add(EventKind.Halt, -1, $"a person orders halt {_halts}");
        Order(_halts);
        Mesh.Time.After(TimeSpan.FromSeconds(2) + Mesh.Time.Some(TimeSpan.FromSeconds(8)), Resume);
    }

    /// <summary>The halt that is on is to be over.</summary>
    private void Resume()
    {
        var halt = _halts;
        if (Mesh.Sequencers[0].History.Has(EntryKind.Resume, halt))
        {
            _over = halt;
            return;
        }
        foreach (var sequencer in Mesh.Sequencers)
            Send(sequencer.Home, () =>
            {
                if (!sequencer.History.Has(EntryKind.Resume, halt))
                    sequencer.Append(EntryKind.Resume, halt);
            });
        Mesh.Time.After(Again, Resume);
    }

    private void Order(int halt)
    {
        var missing = Mesh.Nodes.Where(n => n.Router is not null && !_acknowledged.Contains((halt, n.Number))).ToArray();
        if (missing.Length == 0 || halt == _over)
            return;
        foreach (var node in missing)
            Send(node, () => node.Router!.Halt(halt, () => node.Send(this, () => Acknowledged(halt, node))));
        Mesh.Time.After(Again, () => Order(halt));
    }

    private void Acknowledged(int halt, SimulatedNode node)
    {
        if (_acknowledged.Add((halt, node.Number)))
            Mesh.Timeline.Add(EventKind.Halt, node.Number, $"halt {halt} is acknowledged");
    }
}
