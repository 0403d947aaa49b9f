using Mesh.Chorus.Exploration;
using Mesh.Chorus.Phases;

namespace Mesh.Chorus.Tests.Exploration;

public sealed class ExplorationNoiseTests
{
    [Theory]
    [InlineData(0, 0.5), InlineData(5, 3), InlineData(-5, 3), InlineData(1e6, 1e6), InlineData(double.NaN, 1)]
    public void Its_square_is_at_most_one_always(double drift, double volatility)
    {
        var noise = new ExplorationNoise(drift, volatility);
        var increments = new double[5000];
        Brownian.Fill(increments, 0.1, new Random(5));
        foreach (var increment in increments)
        {
            noise.Step(0.1, increment);
            Assert.InRange(noise.Value * noise.Value, double.Epsilon, 1);
        }
        noise.Step(0.1, double.PositiveInfinity);
        Assert.InRange(noise.Value, double.Epsilon, 1);
    }

    /// <summary>Until it is reflected the logarithm is normal with mean (mu - sigma^2/2) t and variance sigma^2 t, whatever the step is.</summary>
    [Fact]
    public void The_step_is_exact()
    {
        const double mu = -0.5, sigma = 0.2;
        var random = new Random(11);
        var logs = new List<double>();
        var increments = new double[4];
        for (var path = 0; path < 20_000; path++)
        {
            var noise = new ExplorationNoise(mu, sigma, start: 0.05);
            Brownian.Fill(increments, 0.5, random);
            foreach (var increment in increments)
                noise.Step(0.5, increment);
            logs.Add(Math.Log(noise.Value / 0.05));
        }
        var mean = logs.Average();
        Assert.Equal((mu - sigma * sigma / 2) * 2, mean, 0.01);
        Assert.Equal(sigma * sigma * 2, logs.Average(l => (l - mean) * (l - mean)), 0.005);
    }

    [Fact]
    public void A_start_outside_its_range_is_refused()
    {
        foreach (var start in new[] { 0, -1, 1.5, double.NaN })
            Assert.Throws<ArgumentOutOfRangeException>(() => new ExplorationNoise(0, 1, start));
    }
}
