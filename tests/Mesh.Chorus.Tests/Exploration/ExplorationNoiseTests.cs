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
        var (increments, random) = (new double[5000], new Random(5));
        Brownian.Fill(increments, 0.1, random);
        foreach (var increment in increments)
        {
            noise.Step(0.1, increment, 1 - random.NextDouble());
            Assert.InRange(noise.Value * noise.Value, double.Epsilon, 1);
        }
        foreach (var (increment, uniform) in new[] { (double.PositiveInfinity, 0.5), (double.NegativeInfinity, 0.5), (0.1, 0), (0.1, double.NaN) })
        {
            noise.Step(0.1, increment, uniform);
            Assert.InRange(noise.Value, double.Epsilon, 1);
        }
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
                noise.Step(0.5, increment, 1 - random.NextDouble());
            logs.Add(Math.Log(noise.Value / 0.05));
        }
        var mean = logs.Average();
        Assert.Equal((mu - sigma * sigma / 2) * 2, mean, 0.01);
        Assert.Equal(sigma * sigma * 2, logs.Average(l => (l - mean) * (l - mean)), 0.005);
    }

    /// <summary>With a drift of sigma^2 each value below the bound is as likely as the other, however long the time between two looks is.</summary>
    [Theory, InlineData(0.1, 400_000), InlineData(5, 20_000), InlineData(60, 10_000), InlineData(3600, 10_000)]
    public void Its_distribution_does_not_depend_on_the_length_of_the_step(double dt, int steps)
    {
        var (noise, random, increments, values) = (new ExplorationNoise(1, 1), new Random(17), new double[steps], new List<double>());
        Brownian.Fill(increments, dt, random);
        foreach (var increment in increments)
        {
            noise.Step(dt, increment, 1 - random.NextDouble());
            values.Add(noise.Value);
        }
        Assert.Equal(0.5, values.Average(), 0.03);
        for (var tenth = 0; tenth < 10; tenth++)
            Assert.InRange(values.Count(v => v > tenth / 10.0 && v <= (tenth + 1) / 10.0) / (double)steps, 0.08, 0.12);
    }

    [Fact]
    public void A_start_outside_its_range_is_refused()
    {
        foreach (var start in new[] { 0, -1, 1.5, double.NaN })
            Assert.Throws<ArgumentOutOfRangeException>(() => new ExplorationNoise(0, 1, start));
    }
}
