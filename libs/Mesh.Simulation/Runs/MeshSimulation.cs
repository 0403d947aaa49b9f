using System.Security.Cryptography;
using System.Text;
using Mesh.Contracts.Experts;
using Mesh.Ledger.Signing;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Network;
using Mesh.Simulation.Nodes;
using Mesh.Simulation.Scenarios;
using Mesh.Simulation.Serving;
using Mesh.Simulation.Time;
using Mesh.Simulation.Timelines;

namespace Mesh.Simulation.Runs;

/// <summary>
/// A log, nodes, users and the faults between them, all from one seed. Signatures are not computed, so that thousands of runs take seconds; that they are verified is the business
/// of other tests.
/// </summary>
internal sealed class MeshSimulation
{
    public const int Vocabulary = 24;
    public static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(5), Skew = TimeSpan.FromSeconds(1);
    public static readonly HashSet<int> EndTokens = [0];
    public static readonly VerifierKey LogKey = Named("mesh/test");
    public static readonly VerifierKey[] Keys = [.. Enumerable.Range(0, 9).Select(i => Named($"node{i}").As(KeyKind.Cosignature))];
    private static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(4), LongestPause = TimeSpan.FromSeconds(0.5), After = TimeSpan.FromSeconds(15);

    private readonly Dictionary<ExpertId, ToyModel> _models = [];
    private int _configurations;

    public MeshSimulation(string scenario, MeshPlan plan, int seed)
    {
        (Scenario, Plan, Seed, Time) = (scenario, plan, seed, new(seed));
        var count = Random.Next(Math.Max(3, 2 * plan.Liars + 1), 8);
        (Timeline, Record, Invariants) = (new(Time), new(this), new(this));
        Network = new(Time, count + 1) { MostLate = plan.Late };
        Witnesses = Keys[..count];
        Quorum = plan.Planted == Planted.SmallQuorum ? 2 : Chorus.Quorums.Quorum.Of(count, plan.Liars);
        Nodes = new SimulatedNode[count];
        for (var i = 0; i < count; i++)
            Nodes[i] = new(this, i, new(Time, Time.Some(Skew) - Skew / 2)) { IsLiar = i < plan.Liars };
        Person = new(this, count);
        var history = new History(LogKey.Name);
        Sequencers = [new(this, 0, history), new(this, count - 1, history)];
        Troubles = new(this);
        if (plan.Serves)
            AddServing();
    }

    public string Scenario { get; }

    public MeshPlan Plan { get; }

    public int Seed { get; }

    public VirtualTime Time { get; }

    public SimulatedNetwork Network { get; }

    public SimulatedNode[] Nodes { get; }

    public Person Person { get; }

    public Sequencer[] Sequencers { get; }

    public IReadOnlyList<ExpertHost> Experts { get; private set; } = [];

    public VerifierKey[] Witnesses { get; }

    public int Quorum { get; }

    public Timeline Timeline { get; }

    public MeshRecord Record { get; }

    public Invariants Invariants { get; }

    public TroubleMaker Troubles { get; }

    /// <summary>The minority that is cut off from all others now.</summary>
    public (HashSet<int> Nodes, TimeSpan Since)? Isolated { get; set; }

    private Random Random => Time.Random;

    /// <returns>Itself.</returns>
    /// <exception cref="InvariantException">Something happened that must not.</exception>
    public MeshSimulation Run()
    {
        foreach (var sequencer in Sequencers)
            Time.After(Time.Some(LeaseTime / 3), sequencer.Run);
        if (Plan.Serves)
        {
            Record.Begin(RunPhase.Before);
            Time.After(Time.Some(Plan.BetweenUsers), Users);
            Until(Plan.Calm);
        }
        Record.Begin(RunPhase.During);
        Troubles.Run();
        if (!Plan.Serves && Plan.Forks)
            return this;
        Record.Begin(RunPhase.After);
        Troubles.Heal(After, "at the end");
        if (!Plan.Serves)
            return this;
        // Nobody asks any more, and what is under way ends in its bound.
        Record.Begin(RunPhase.Ended);
        End();
        Probe();
        foreach (var host in Experts)
            Invariants.Require(host.Violations.Count == 0, $"at {host.Expert}: {host.Violations.FirstOrDefault()}");
        return this;
    }

    private void End()
    {
        Until(Time.Elapsed + TimeSpan.FromHours(1), () => Record.AllEnded);
        Invariants.Require(Record.AllEnded, $"{Record.Streams} streams began and not all ended");
    }

    /// <summary>All is well: every router that may serve answers, if experts have faults at the third time.</summary>
    private void Probe()
    {
        var silent = Nodes.Where(n => n is { Router: not null, Disk.IsTorn: false }).ToArray();
        for (var times = Plan.FaultyExperts ? 3 : 1; times > 0; times--)
        {
            var asked = new Dictionary<SimulatedNode, SimulatedStream?>();
            Time.After(TimeSpan.Zero, () =>
            {
                foreach (var node in silent)
                    asked[node] = node.Router!.Ask([1], mostTokens: 2);
            });
            Until(Time.Elapsed);
            foreach (var (node, stream) in asked)
                Invariants.Require(stream is not null, $"{node.Name} refuses though all is well");
            End();
            silent = [.. asked.Where(a => a.Value!.End != StreamEnd.Finished).Select(a => a.Key)];
        }
        Invariants.Require(silent.Length == 0, $"{silent.FirstOrDefault()?.Name} finishes no stream though all is well");
    }

    /// <exception cref="InvariantException">Something happened that must not.</exception>
    public void Until(TimeSpan end, Func<bool>? stop = null)
    {
        Time.RunUntil(end, () => Invariants.Fault is not null || stop?.Invoke() == true);
        if (Invariants.Fault is { } fault)
            throw fault;
    }

    public int NextConfiguration() => ++_configurations;

    public ToyModel ModelOf(ExpertId expert) => _models[expert];

    public bool IsLongIsolated(SimulatedNode node) => Isolated is { } cut && cut.Nodes.Contains(node.Number) && Time.Elapsed - cut.Since > LeaseTime;

    private void AddServing()
    {
        var hosts = new List<ExpertHost>();
        for (var i = Random.Next(2, 6); i > 0; i--)
        {
            var node = Nodes[Random.Next(Nodes.Length)];
            var toy = new ToyExpert(ExpertId.Parse($"e{i}"), new(Vocabulary, Random.Next()));
            var plan = new FaultPlan { MeanDelay = TimeSpan.FromMilliseconds(2), Garbage = Rate(0.2), Twice = Rate(0.2), Eviction = Rate(0.2), Refusal = Rate(0.2), Bug = Rate(0.05) };
            var host = new ExpertHost(node, toy, Plan.FaultyExperts ? new FaultyExpert(toy, plan, Time, Random.Next()) : toy);
            _models[toy.Expert] = toy.Model;
            node.Experts.Add(host);
            hosts.Add(host);
        }
        Experts = hosts;
        foreach (var node in Nodes.Where((_, i) => i < 2 || Time.Chance(0.2)))
        {
            node.Router = new(node);
            node.Router.Start();
        }

        double Rate(double most) => Time.Chance(0.5) ? most * Random.NextDouble() : 0;
    }

    /// <summary>Somebody asks somewhere, now and again.</summary>
    private void Users()
    {
        if (Record.Phase == RunPhase.Ended)
            return;
        Time.After(Time.Some(2 * Plan.BetweenUsers), Users);
        var routers = Nodes.Where(n => n.Router is not null).ToArray();
        var prompt = new int[Random.Next(1, 8)];
        for (var i = 0; i < prompt.Length; i++)
            prompt[i] = Random.Next(1, Vocabulary);
        routers[Random.Next(routers.Length)].Router!.Ask(prompt, Random.Next(1, 13), Time.Chance(0.1) ? Time.Some(LongestPatience) : null, Time.Chance(0.1) ? Time.Some(LongestPause) : TimeSpan.Zero);
    }

    private static VerifierKey Named(string name) => SigningKey.FromSeed(name, SHA256.HashData(Encoding.UTF8.GetBytes(name))).Verifier;
}
