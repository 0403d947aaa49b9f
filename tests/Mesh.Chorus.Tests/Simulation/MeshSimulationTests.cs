namespace Mesh.Chorus.Tests.Simulation;

/// <summary>A seed that fails is in the message; run it alone to look at it.</summary>
public sealed class MeshSimulationTests
{
    /// <summary>One history, two sequencers: heads are unique, clocks rise, a minority loses the lease within T, and all have it within T when all is well again.</summary>
    [Fact]
    public void Leases_follow_the_majority() => Assert.True(Run(0, 4000, new()).Sum(m => m.Committed) > 100_000);

    /// <summary>Two histories under one key: whatever is lost, cut off or crashes, only one is committed.</summary>
    [Fact]
    public void Of_two_histories_one_is_committed() => Assert.True(Run(10_000, 4000, new(Forks: true)).Sum(m => m.Committed) > 10_000);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Liars_that_the_quorum_allows_for_commit_nothing_else(int liars) => Assert.True(Run(20_000 + liars * 1000, 1000, new(Forks: true, Liars: liars)).Sum(m => m.Committed) > 2000);

    [Fact]
    public void A_smaller_quorum_is_caught() => Assert.Throws<InvariantException>(() => Run(30_000, 1000, new(Forks: true, Quorum: 2, Liars: 1)).Count());

    [Fact]
    public void Witnesses_that_forget_are_caught() => Assert.Throws<InvariantException>(() => Run(40_000, 1000, new(Forks: true, LosesDisk: true)).Count());

    private static IEnumerable<MeshSimulation> Run(int first, int seeds, Faults faults) => Enumerable.Range(first, seeds).Select(seed => new MeshSimulation(seed, faults).Run());
}
