using Mesh.Governance.Phases;
using Mesh.Governance.Tiers;

namespace Mesh.Governance.Tests.Phases;

public sealed class PhaseTableTests
{
    [Theory]
    [InlineData(null, 0, null, 0)]
    [InlineData(0, 0, 0, 0)]
    [InlineData(1, 279, 0, 280)]
    [InlineData(1, 280, 1, 280)]
    [InlineData(2, 999, 0, 1000)]
    [InlineData(2, 1000, 2, 1000)]
    [InlineData(3, 4999, 0, 5000)]
    [InlineData(3, 5000, 3, 5000)]
    public void Below_its_threshold_a_phase_is_its_best_single_expert(int? phase, int online, int? effective, int needed)
    {
        var status = PhaseTable.Of(phase, new TierPolicy().PhaseThresholds, online);
        Assert.Equal((effective, needed, online), (status.Effective, status.Needed, status.Present));
        Assert.Equal(online < needed, status.IsDegraded);
        Assert.Equal(status.IsDegraded, status.Reason?.Contains($"{needed} experts online, {online} are") ?? false);
    }
}
