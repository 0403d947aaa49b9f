using Mesh.Contracts.Experts;
using Mesh.Contracts.Observations;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Reviewing;

namespace SelfPrompt.Agent.Tests.Reviewing;

public sealed class ReversalTests
{
    private static readonly MeshObservation Before = new(
        0, new() { Mesh = "dev", Version = 3, Routing = new() { Gate = new string('a', 64) } }, new(1, 0, "uniform", "arithmetic", 4, 0.9, 1, 2, 5, 0.01, 0.5, 16), [],
        new("r", default, default, new(0, 0, 0, 0, 0, 0, 0), [], [], [], [], []), []);

    [Fact]
    public void What_was_set_goes_back_to_what_it_was_and_nothing_else_does()
    {
        Assert.Equal(new SetEnsemble(new() { K = 1, MinimumDeadlineMs = 5 }), Reversal.Of(new SetEnsemble(new() { K = 4, MinimumDeadlineMs = 200 }), Before));
        Assert.Equal(new SetEnsemble(new() { Gate = "uniform", EvidenceDecay = 0.9 }), Reversal.Of(new SetEnsemble(new() { Gate = "learned", EvidenceDecay = 0.5 }), Before));
        Assert.Equal(new SetGate(new string('a', 64)), Reversal.Of(new SetGate(new string('b', 64)), Before));
        Assert.Equal(new ReleaseExpert(ExpertId.Parse("unix")), Reversal.Of(new QuarantineExpert(ExpertId.Parse("unix"), "It is rude."), Before));
        Assert.Null(Reversal.Of(new SuggestText("Be kind."), Before));
    }
}
