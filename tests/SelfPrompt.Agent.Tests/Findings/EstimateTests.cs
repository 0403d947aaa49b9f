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

    [Theory]
    [InlineData(0.5, 0.3, 0.4, 0.6, true)]
    [InlineData(0.5, 0.3, 0.1, 0.2, false)]    // better, but by less than was promised
    [InlineData(0.5, -0.1, -0.2, 0.4, false)]  // no better at all
    public void A_promise_is_kept_by_what_was_promised_at_least(double promised, double gain, double low, double high, bool isKept) =>
        Assert.Equal(isKept, new Estimate("perplexity", "nats", 3, 3 - gain, gain, low, high, 20).Keeps(new("perplexity", "nats", 3, 3 - promised, promised, promised * 0.8, promised * 1.2, 20)));
}
