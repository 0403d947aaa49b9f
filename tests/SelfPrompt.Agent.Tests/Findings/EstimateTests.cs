using SelfPrompt.Agent.Findings;

namespace SelfPrompt.Agent.Tests.Findings;

public sealed class EstimateTests
{
    [Theory]
    [InlineData(0.1, 20, true)]
    [InlineData(0, 20, false)]    // an interval that touches nothing is chance
    [InlineData(0.1, 1, false)]   // one pair has no interval
    public void A_gain_is_beyond_chance(double low, int samples, bool isGain) =>
        Assert.Equal(isGain, new Estimate("perplexity", "nats", 3, 2.5, 0.5, low, 1, samples).IsGain);
}
