using Mesh.Simulation.Runs;
using Mesh.Simulation.Scenarios;

namespace Mesh.Simulation.Tests.Runs;

/// <summary>A check that cannot fail says nothing: each sees the fault that is planted for it.</summary>
public sealed class PlantedFaultTests
{
    [Theory]
    [InlineData("liars", Planted.SmallQuorum, "two histories are committed")]
    [InlineData("partition", Planted.SmallQuorum, "two histories are committed")]
    [InlineData("clocks", Planted.NoLeaseGuard, "without the lease")]
    [InlineData("calm", Planted.BlindAppend, "appends an entry of stamp")]
    [InlineData("lossy", Planted.OvertakenQuestion, "comes after")]
    [InlineData("liars", Planted.EarlyRelease, "A step after the release")]
    [InlineData("partition", Planted.LostExpert, "ends without an expert")]
    [InlineData("halt", Planted.EndlessHalt, "refuses though all is well")]
    [InlineData("delay", Planted.ArrivalLease, "of the minority holds the lease")]
    [InlineData("crash", Planted.ForgetfulClock, "the Lamport clock of")]
    [InlineData("crash", Planted.HastyChange, "which no quorum has committed")]
    [InlineData("partition", Planted.EternalLease, "of the minority holds the lease")]
    [InlineData("halt", Planted.EarlyAcknowledgement, "hands out a token after it acknowledged a halt")]
    [InlineData("halt", Planted.ForgetfulHalt, "hands out a token after it acknowledged a halt")]
    [InlineData("calm", Planted.RepeatedToken, "does not follow from the text before it")]
    [InlineData("calm", Planted.StuckStream, "has not ended")]
    [InlineData("partition", Planted.SilentSequencer, "the majority does not serve")]
    internal void Is_caught_and_says_scenario_and_seed(string name, Planted planted, string fault)
    {
        var scenario = Scenario.Find(name)!;
        scenario = scenario with { Plan = scenario.Plan with { Planted = planted } };
        var failed = Enumerable.Range(0, 500).Select(seed => MeshRun.Of(scenario, seed)).First(run => run.Fault is not null);
        Assert.True(failed.Fault!.Contains(fault, StringComparison.Ordinal), failed.Fault);
        Assert.StartsWith($"Scenario {name}, seed {failed.Seed},", failed.Fault);
        Assert.Equal(failed.Fault, MeshRun.Of(scenario, failed.Seed).Fault);
    }

    [Fact]
    public void Any_other_exception_says_scenario_and_seed()
    {
        var run = MeshRun.Of(new("odd", "A partition of no length.", new() { Troubled = TimeSpan.Zero, Partition = (double.NaN, double.NaN) }), 5);
        Assert.StartsWith($"Scenario odd, seed 5: {typeof(ArgumentException)}", run.Fault);
    }

    [Fact]
    public void The_same_seed_is_the_same_run()
    {
        foreach (var scenario in Scenario.All)
            for (var seed = 0; seed < 10; seed++)
            {
                var (first, second) = (MeshRun.Of(scenario, seed), MeshRun.Of(scenario, seed));
                Assert.Equal(first.Timeline.Events, second.Timeline.Events);
                Assert.Equal(first.Figures, second.Figures);
            }
    }
}
