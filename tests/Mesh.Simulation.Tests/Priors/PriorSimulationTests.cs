using Mesh.Simulation.Priors;

namespace Mesh.Simulation.Tests.Priors;

/// <summary>What docs/chorus.md says of fatigue and exploration, on shorter runs and seeds of their own.</summary>
public sealed class PriorSimulationTests
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(20);
    private static readonly int[] Seeds = [101, 102, 103, 104, 105, 106];

    private static PriorResult[] Run(PriorScenario scenario, PriorMechanism mechanism) =>
        [.. Seeds.AsParallel().AsOrdered().Select(seed => PriorSimulation.Run(scenario, mechanism, seed, Length))];

    private static PriorScenario Load(string name) => PriorScenario.Load.Single(s => s.Name == name);

    private static PriorMechanism ForLoad(string name) => PriorMechanism.ForLoad.Single(m => m.Name == name);

    private static double Difference(PriorResult[] a, PriorResult[] b, Func<PriorResult, double> of) => a.Zip(b, (x, y) => of(x) - of(y)).Average();

    [Fact]
    public void A_seed_is_one_run()
    {
        var scenario = Load("skewed, in bursts of 8");
        foreach (var mechanism in PriorMechanism.ForLoad.Concat(PriorMechanism.ForChanges))
        {
            var once = PriorSimulation.Run(scenario, mechanism, 1, TimeSpan.FromSeconds(5));
            Assert.Equal(once, PriorSimulation.Run(scenario, mechanism, 1, TimeSpan.FromSeconds(5)));
            Assert.NotEqual(once, PriorSimulation.Run(scenario, mechanism, 2, TimeSpan.FromSeconds(5)));
        }
    }

    [Fact]
    public void Among_equals_fatigue_shares_the_work_but_the_load_alone_does_it_better()
    {
        var scenario = Load("four equals, in bursts of 8");
        var (none, fatigue) = (Run(scenario, ForLoad("none")), Run(scenario, ForLoad("fatigue")));
        Assert.True(Difference(fatigue, none, r => r.Jain) > 0.02);
        Assert.True(Difference(fatigue, none, r => r.P50) < 0);
        Assert.InRange(Difference(fatigue, none, x => x.Nats), 0, 0.02);
        foreach (var load in new[] { "least outstanding", "outstanding, on fatigue's scale" }.Select(name => Run(scenario, ForLoad(name))))
        {
            Assert.True(Difference(load, fatigue, r => r.Jain) > 0.02);
            Assert.True(Difference(load, fatigue, r => r.P99) < 0);
            Assert.InRange(Difference(load, none, x => x.Nats), 0, 0.02);
        }
    }

    [Fact]
    public void Where_the_load_is_even_least_outstanding_costs_time()
    {
        var scenario = Load("even");
        Assert.True(Difference(Run(scenario, ForLoad("least outstanding")), Run(scenario, ForLoad("none")), r => r.P50) > 5);
    }

    /// <summary>The gate forgets by itself what it held against an expert, so there is nothing left that noise could gain.</summary>
    [Theory, InlineData(ExpertChange.Improves), InlineData(ExpertChange.Worsens), InlineData(ExpertChange.Joins)]
    public void The_gate_finds_a_change_without_noise(ExpertChange change)
    {
        var scenario = PriorScenario.Changes.First(s => s.Change == change);
        var (none, noise) = (Run(scenario, PriorMechanism.ForChanges.Single(m => m.Name == "none")), Run(scenario, PriorMechanism.ForChanges.Single(m => m.Name == "noise")));
        Assert.True(none.Average(r => r.TokensUntil) < 40);
        Assert.InRange(Difference(noise, none, r => r.NatsAfter), -0.005, 0.03);
    }
}
