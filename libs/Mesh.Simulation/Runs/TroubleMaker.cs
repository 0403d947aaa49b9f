using Mesh.Simulation.Nodes;
using Mesh.Simulation.Scenarios;
using Mesh.Simulation.Timelines;
using Kind = Mesh.Simulation.Scenarios.Troubles;

namespace Mesh.Simulation.Runs;

/// <summary>Makes what goes wrong go wrong, by the plan, and sees afterwards that the mesh is well again.</summary>
internal sealed class TroubleMaker(MeshSimulation mesh)
{
    private static readonly Kind[] Kinds = [.. Enum.GetValues<Kind>().Where(k => k != Kind.None)];
    private readonly HashSet<int> _badClocks = [];
    private TimeSpan _end;

    private Random Random => mesh.Time.Random;

    private MeshPlan Plan => mesh.Plan;

    private SimulatedNode Any => mesh.Nodes[Random.Next(mesh.Nodes.Length)];

    /// <summary>How many nodes a quorum can do without.</summary>
    private int Spare => mesh.Nodes.Length - mesh.Quorum;

    /// <summary>Trouble for its time; then, unless the log has two histories already, all is well, and then the partition.</summary>
    public void Run()
    {
        if (Plan.Troubled > TimeSpan.Zero)
        {
            _end = mesh.Time.Elapsed + Plan.Troubled;
            (mesh.Network.Loss, mesh.Network.Duplication) = (Random.NextDouble() * Plan.Loss, Random.NextDouble() * Plan.Loss);
            if (Plan.Loss > 0)
                mesh.Timeline.Add(EventKind.Cut, -1, FormattableString.Invariant($"{mesh.Network.Loss:P0} of the messages is lost, {mesh.Network.Duplication:P0} comes twice"));
            mesh.Network.IsLate = true;
            if (Plan.Forks)
                mesh.Time.After(mesh.Time.Some(Plan.Troubled / 2), Fork);
            mesh.Time.After(mesh.Time.Some(TimeSpan.FromSeconds(1)), Again);
            mesh.Until(_end);
        }
        if (Plan.Forks || Plan.Partition is not { } length)
            return;
        if (Plan.Troubled > TimeSpan.Zero)
        {
            mesh.Record.Begin(RunPhase.Between);
            Heal(3 * MeshSimulation.LeaseTime, "after the troubles");
            mesh.Record.Begin(RunPhase.During);
        }
        Isolate(TimeSpan.FromSeconds(length.Least + Random.NextDouble() * (length.Most - length.Least)));
    }

    /// <summary>All is well from now on; unless the log has two histories for good, everybody has the lease within T, and keeps it.</summary>
    public void Heal(TimeSpan time, string when)
    {
        mesh.Timeline.Add(EventKind.Mended, -1, "all links are well");
        mesh.Network.Heal();
        mesh.Timeline.Mend();
        mesh.Isolated = null;
        if (Plan.ForksAtCut)
            mesh.Sequencers[1].History = mesh.Sequencers[0].History;
        foreach (var node in mesh.Nodes)
        {
            node.Disk.Written = null;
            if (_badClocks.Contains(node.Number))
                node.Clock.Correct(TimeSpan.Zero);
            node.Start();
        }
        var (from, to) = (mesh.Time.Elapsed + MeshSimulation.LeaseTime, mesh.Time.Elapsed + time);
        for (mesh.Until(from); mesh.Time.Elapsed < to; mesh.Until(mesh.Time.Elapsed + MeshSimulation.LeaseTime / 5))
            if (!Plan.Forks)
                foreach (var node in mesh.Nodes)
                    mesh.Invariants.Require(node.HoldsLease, $"{mesh.Time.Elapsed - from + MeshSimulation.LeaseTime} {when} {node.Name} has no lease");
    }

    /// <summary>A minority is cut off from all others: within T none of it has the lease, and the majority goes on.</summary>
    private void Isolate(TimeSpan time)
    {
        var order = mesh.Nodes.Select(n => n.Number).ToArray();
        Random.Shuffle(order);
        // One sequencer and a quorum that can sign stay with the majority, so that it goes on; where each side shall have a history, the other one is with the minority if there is room.
        var torn = mesh.Nodes.Count(n => n.Disk.IsTorn);
        var minority = order.Where(n => n != 0).OrderByDescending(n => mesh.Nodes[n].Disk.IsTorn).ThenByDescending(n => Plan.ForksAtCut && n == order.Length - 1).Take(Random.Next(Math.Max(1, torn), Spare + 1)).ToHashSet();
        mesh.Timeline.Add(EventKind.Cut, -1, $"partition: {Names(minority)} alone");
        var (cut, to) = (mesh.Time.Elapsed, mesh.Time.Elapsed + time);
        mesh.Network.Cut(Between(minority));
        mesh.Timeline.Cut(minority);
        mesh.Isolated = (minority, cut);
        mesh.Record.MinorityHeld = 0;
        if (Plan.ForksAtCut && minority.Contains(mesh.Sequencers[1].Home.Number))
            Fork();
        mesh.Sequencers[0].Append(EntryKind.Note);   // so that there is a new head to commit
        foreach (var sequencer in mesh.Sequencers)
            sequencer.IsSilent = Plan.Planted == Planted.SilentSequencer;
        foreach (var node in mesh.Nodes)
        {
            mesh.Invariants.Leased(node, node.HoldsLease);
            if (Plan.Troubles.HasFlag(Kind.Clocks) && minority.Contains(node.Number))
                Clock(node);
        }
        mesh.Until(cut + MeshSimulation.LeaseTime, () => Serves(minority, cut));
        mesh.Record.MajorityServes = (mesh.Time.Elapsed - cut).TotalSeconds;
        for (mesh.Until(cut + MeshSimulation.LeaseTime); mesh.Time.Elapsed < to; mesh.Until(mesh.Time.Elapsed + MeshSimulation.LeaseTime / 5))
            mesh.Invariants.Require(Serves(minority, cut), $"the majority does not serve {mesh.Time.Elapsed - cut} after the partition");
    }

    /// <summary>All of the majority have the lease, and a head was committed since the cut.</summary>
    private bool Serves(HashSet<int> minority, TimeSpan cut) => mesh.Invariants.LastCommitted > cut && mesh.Nodes.All(n => n.HoldsLease || minority.Contains(n.Number));

    /// <summary>One more thing goes wrong, now and again.</summary>
    private void Again()
    {
        if (mesh.Time.Elapsed >= _end)
            return;
        mesh.Time.After(mesh.Time.Some(TimeSpan.FromSeconds(2)), Again);
        var kinds = Kinds.Where(k => Plan.Troubles.HasFlag(k)).ToArray();
        if (kinds.Length > 0)
            Make(kinds[Random.Next(kinds.Length)]);
    }

    private void Make(Kind kind)
    {
        switch (kind)
        {
            case Kind.OneWay:
                Flap(Any, Any, more: 0);
                break;
            case Kind.Flapping:
                Flap(Any, Any, Random.Next(1, 5));
                break;
            case Kind.Crashes:
                Crash(Any, mesh.Time.Chance(0.5));
                break;
            case Kind.TornDisks:
                Tear(Any);
                break;
            case Kind.Groups:
                var group = mesh.Nodes.Where(_ => mesh.Time.Chance(0.5)).Select(n => n.Number).ToHashSet();
                mesh.Timeline.Add(EventKind.Cut, -1, $"{Names(group)} alone");
                var alone = mesh.Timeline.Cut(group);
                Mend(mesh.Network.Cut(Between(group)), mesh.Time.Some(TimeSpan.FromSeconds(10)), -1, $"{Names(group)} are back", () => alone.To ??= mesh.Time.Elapsed);
                break;
            case Kind.Clocks:
                Clock(mesh.Nodes[^Random.Next(1, Math.Max(2, Spare + 1))]);
                break;
            case Kind.Halts:
                mesh.Person.Halt();
                break;
        }
    }

    private void Fork()
    {
        mesh.Sequencers[1].History = mesh.Sequencers[1].History.Fork();
        mesh.Timeline.Add(EventKind.Cut, -1, $"the log has two histories from size {mesh.Sequencers[1].History.Size} on");
    }

    private void Flap(SimulatedNode from, SimulatedNode to, int more)
    {
        if (from == to || mesh.Time.Elapsed >= _end)
            return;
        mesh.Timeline.Add(EventKind.Cut, from.Number, $"cut towards {to.Name}");
        Mend(mesh.Network.Cut([(from.Number, to.Number)]), mesh.Time.Some(TimeSpan.FromSeconds(3)), from.Number, $"reaches {to.Name} again", () =>
        {
            if (more > 0)
                mesh.Time.After(mesh.Time.Some(TimeSpan.FromSeconds(1)), () => Flap(from, to, more - 1));
        });
    }

    private void Mend(Action mend, TimeSpan after, int node, string text, Action? then = null) => mesh.Time.After(after, () =>
    {
        if (mesh.Time.Elapsed < _end)
            mesh.Timeline.Add(EventKind.Mended, node, text);
        mend();
        then?.Invoke();
    });

    /// <param name="afterWrite">When it next writes as a witness, before it signs.</param>
    private void Crash(SimulatedNode node, bool afterWrite)
    {
        if (!node.IsUp)
            return;
        if (afterWrite)
            node.Disk.Written = Down;
        else
            Down();

        void Down()
        {
            node.Crash();
            mesh.Time.After(mesh.Time.Some(TimeSpan.FromSeconds(8)), node.Start);
        }
    }

    /// <summary>So few that a quorum is left: whoever cannot read what it signed must not sign again.</summary>
    private void Tear(SimulatedNode node)
    {
        if (node.Number == 0 || !node.IsUp || node.Disk.IsTorn || mesh.Nodes.Count(n => n.Disk.IsTorn) >= Spare)
            return;
        node.Disk.IsTorn = true;
        Crash(node, afterWrite: false);
    }

    private void Clock(SimulatedNode node)
    {
        _badClocks.Add(node.Number);
        if (mesh.Time.Chance(0.5))
        {
            node.Clock.Rate = 0.85 + 0.3 * Random.NextDouble();
            mesh.Timeline.Add(EventKind.Clock, node.Number, FormattableString.Invariant($"its clock runs at {node.Clock.Rate:0.00}"));
            return;
        }
        var by = mesh.Time.Some(TimeSpan.FromMinutes(10)) - TimeSpan.FromMinutes(6);
        node.Clock.Set(by);
        mesh.Timeline.Add(EventKind.Clock, node.Number, FormattableString.Invariant($"its clock is set {(by < TimeSpan.Zero ? "back" : "forward")} by {Math.Abs(by.TotalSeconds):0} s"));
    }

    /// <summary>All links between a group and the others, the person among these.</summary>
    private (int, int)[] Between(HashSet<int> group) =>
        [.. from inside in @group from outside in Enumerable.Range(0, mesh.Nodes.Length + 1) where !@group.Contains(outside) from link in new[] { (inside, outside), (outside, inside) } select link];

    private static string Names(IEnumerable<int> nodes) => $"nodes {string.Join(", ", nodes.Order())}";
}
