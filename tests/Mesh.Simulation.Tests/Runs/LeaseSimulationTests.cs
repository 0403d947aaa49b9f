using Mesh.Simulation.Runs;
using Mesh.Simulation.Scenarios;

namespace Mesh.Simulation.Tests.Runs;

/// <summary>Witnesses and leases alone. A seed that fails is in the message; run it alone to look at it.</summary>
public sealed class LeaseSimulationTests
{
    private static readonly MeshPlan Plan = new()
    {
        Serves = false, Calm = TimeSpan.Zero, Troubled = TimeSpan.FromSeconds(30), Loss = 0.3, Partition = (15, 15), ForksAtCut = true, Troubles = Troubles.OneWay | Troubles.Flapping | Troubles.Crashes | Troubles.Groups,
    };

    private static readonly MeshPlan Forks = Plan with { Forks = true };

    /// <summary>Two sequencers of one history, of two while a minority is cut off: committed heads are of one, clocks rise, a minority loses the lease within T, and all have it within T when all is well again.</summary>
    [Fact]
    public void Leases_follow_the_majority() => Assert.True(Run(0, 1000, Plan).Sum(m => m.Invariants.Committed) > 25_000);

    /// <summary>Two histories under one key: whatever is lost, cut off or crashes, only one is committed.</summary>
    [Fact]
    public void Of_two_histories_one_is_committed() => Assert.True(Run(10_000, 1000, Forks).Sum(m => m.Invariants.Committed) > 2500);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Liars_that_the_quorum_allows_for_commit_nothing_else(int liars) => Assert.True(Run(20_000 + liars * 1000, 250, Forks with { Liars = liars }).Sum(m => m.Invariants.Committed) > 500);

    [Fact]
    public void A_smaller_quorum_is_caught() => AreCaught(30_000, Forks with { Planted = Planted.SmallQuorum, Liars = 1 });

    [Fact]
    public void Witnesses_that_forget_are_caught() => AreCaught(40_000, Forks with { Planted = Planted.ForgetfulWitness });

    private static void AreCaught(int first, MeshPlan plan) => Assert.Contains("two histories are committed", Assert.Throws<InvariantException>(() => Run(first, 1000, plan).Count()).Message);

    private static IEnumerable<MeshSimulation> Run(int first, int seeds, MeshPlan plan) => Enumerable.Range(first, seeds).Select(seed => new MeshSimulation("leases", plan, seed).Run());
}
