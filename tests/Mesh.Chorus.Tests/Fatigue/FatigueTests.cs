using Mesh.Chorus.Fatigue;

namespace Mesh.Chorus.Tests.Fatigue;

public sealed class FatigueTests
{
    /// <summary>What the published model does, with the same rates: it rests, has a threshold, spikes to about +40 mV, and does not spike again at once.</summary>
    [Fact]
    public void The_rates_are_those_of_the_squids_axon()
    {
        Assert.Equal(0.3177, GateRates.Potassium(-65).Steady, 0.0005);
        var resting = new HodgkinHuxley();
        resting.Run(200, current: 0);
        Assert.Equal(-65, resting.Millivolts, 0.1);
        Assert.True(new HodgkinHuxley().Run(30, current: 1) < -50);   // below the threshold
        var spiking = new HodgkinHuxley();
        Assert.InRange(spiking.Run(1, current: 20) is var first && first > 0 ? first : spiking.Run(4, current: 0), 30, 50);
        // The gate that fatigue is made of is what holds the next one back.
        Assert.True(spiking.Potassium > 0.5, $"{spiking.Potassium}");
        Assert.True(spiking.Run(1, current: 20) < 0);
        spiking.Run(30, current: 0);
        Assert.True(spiking.Run(5, current: 20) > 20);
    }

    [Fact]
    public void A_step_is_exact_however_long_it_is()
    {
        var rates = GateRates.Potassium(-30);
        var (whole, parts) = (GateVariable.After(0.3, rates, 7), 0.3);
        for (var i = 0; i < 7000; i++)
            parts = GateVariable.After(parts, rates, 0.001);
        Assert.Equal(whole, parts, 1e-12);
        Assert.Equal(rates.Steady, GateVariable.After(0.3, rates, 1e9), 1e-15);
        Assert.Equal(0.3, GateVariable.After(0.3, rates, 0));
        Assert.True(double.IsFinite(GateRates.Potassium(-55).Alpha));   // where its formula is 0/0
    }

    [Fact]
    public void An_expert_tires_in_about_a_second_and_recovers_in_several()
    {
        var expert = new ExpertFatigue();
        Assert.Equal(0, expert.Value, 1e-12);
        expert.Advance(TimeSpan.FromSeconds(1), load: 1);
        var tired = expert.Value;
        Assert.InRange(tired, 0.4, 0.8);
        expert.Advance(TimeSpan.FromSeconds(1), load: 0);
        Assert.InRange(expert.Value, 0.3 * tired, 0.9 * tired);
        expert.Advance(TimeSpan.FromSeconds(10), load: 0);
        Assert.InRange(expert.Value, 0, 0.02);
    }

    [Theory]
    [InlineData(double.NaN), InlineData(double.NegativeInfinity), InlineData(double.PositiveInfinity), InlineData(1e300), InlineData(-5)]
    public void It_stays_within_its_bound_whatever_the_load(double load)
    {
        var expert = new ExpertFatigue();
        foreach (var seconds in new[] { 0.001, 3, 1e6, -4, 0 })
        {
            expert.Advance(TimeSpan.FromSeconds(seconds), load);
            Assert.InRange(expert.Value, 0, 1);
            Assert.InRange(expert.Prior, -ExpertFatigue.Bound, 0);
        }
    }
}
