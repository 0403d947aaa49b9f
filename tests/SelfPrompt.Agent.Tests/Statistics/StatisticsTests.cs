using SelfPrompt.Agent.Statistics;

namespace SelfPrompt.Agent.Tests.Statistics;

public sealed class StatisticsTests
{
    [Fact]
    public void A_paired_interval_is_Students()
    {
        // t(4, 0.975) = 2.7764; mean 3, standard deviation sqrt(2.5), error sqrt(0.5).
        var paired = Paired.Of([1, 2, 3, 4, 5]);
        Assert.Equal((3, 3 - 2.7764 * Math.Sqrt(0.5)), (paired.Mean, paired.Low), (a, b) => Math.Abs(a.Item2 - b.Item2) < 1e-3);
        Assert.Equal(0.00665, paired.Chance, 1e-4);
        Assert.Equal(1, Paired.Of([7]).Chance);
        Assert.Equal((0, 1), (Paired.Of([0, 0, 0]).High, Paired.Of([0, 0, 0]).Chance));
    }

    /// <summary>An interval of 95 % misses in 5 % of the draws: of 1000 within five standard deviations of 50.</summary>
    [Fact]
    public void The_interval_covers_what_it_says()
    {
        var random = new Random(1);
        var missed = Enumerable.Range(0, 1000).Count(_ => Paired.Of([.. Enumerable.Range(0, 12).Select(_ => Normal(random))]) is not { Low: <= 0, High: >= 0 });
        Assert.InRange(missed, 16, 84);
    }

    [Fact]
    public void The_best_of_many_by_chance_does_not_pass()
    {
        var random = new Random(2);
        var (single, holm) = (0, 0);
        for (var run = 0; run < 500; run++)
        {
            var chances = Enumerable.Range(0, 30).Select(_ => Paired.Of([.. Enumerable.Range(0, 12).Select(_ => Normal(random))]).Chance).ToArray();
            single += chances.Any(c => c <= 0.05) ? 1 : 0;
            holm += Holm.Passes(chances, 0.05).Any(p => p) ? 1 : 0;
        }
        Assert.InRange(single, 300, 500);   // without it three runs of four find something
        Assert.InRange(holm, 0, 50);        // 25 expected at most, five standard deviations more
    }

    [Fact]
    public void Holm_steps_down()
    {
        Assert.Equal([true, false, true], Holm.Passes([0.01, 0.2, 0.02], 0.05));
        Assert.Equal([false, false], Holm.Passes([0.03, 0.04], 0.05));
        Assert.Empty(Holm.Passes([], 0.05));
    }

    [Fact]
    public void Tails_are_those_of_the_tables()
    {
        Assert.Equal(1 - Math.Exp(-2), Tails.Poisson(2, 1), 1e-9);
        Assert.Equal(1, Tails.Poisson(2, 0));
        Assert.Equal(11 / 1024.0, Tails.Binomial(0.5, 10, 9), 1e-9);
        Assert.Equal(1, Tails.Binomial(0.5, 0, 0));
        Assert.Equal(1, Tails.Binomial(0.01, 10_000_000, 1), 1e-9);
        Assert.InRange(Tails.Binomial(0.01, 10_000_000, 5_000_000), 0, 1e-12);
    }

    [Fact]
    public void A_resampled_quantile_is_that_of_the_pooled_tokens()
    {
        var random = new Random(3);
        var (now, with) = (Samples(0), Samples(-0.5));
        foreach (var quantile in new[] { 0.0, 0.5, 0.9, 0.99, 1 })
            Assert.Equal(Pooled(now, quantile) - Pooled(with, quantile), PairedResampling.OfQuantile(now, with, quantile).Mean, 1e-12);
        Assert.Equal(1, PairedResampling.OfQuantile([], [], 0.99).Chance);

        IReadOnlyList<IReadOnlyList<double>> Samples(double mean) => [.. Enumerable.Range(0, 14).Select(_ => (IReadOnlyList<double>)[.. Enumerable.Range(0, 23).Select(_ => mean + Normal(random))])];

        static double Pooled(IReadOnlyList<IReadOnlyList<double>> samples, double quantile) => PairedResampling.Quantile(samples.SelectMany(s => s), quantile);
    }

    /// <summary>A p99 that is better in every draw has to pass among as many comparisons as a run makes.</summary>
    [Fact]
    public void A_sure_gain_of_a_quantile_passes_Holm()
    {
        IReadOnlyList<IReadOnlyList<double>> now = [.. Enumerable.Range(0, 14).Select(p => (IReadOnlyList<double>)[.. Enumerable.Range(0, 23).Select(t => 50.0 + (p + t) % 5)])];
        var sure = PairedResampling.OfQuantile(now, [.. now.Select(p => (IReadOnlyList<double>)[.. p.Select(m => m - 20)])], 0.99);
        Assert.Equal((20, 20, 20), (sure.Mean, sure.Low, sure.High));
        Assert.True(Holm.Passes([sure.Chance, .. Enumerable.Repeat(1.0, 21)], 0.01)[0]);
    }

    [Fact]
    public void Welchs_interval_has_the_variance_of_both_sides()
    {
        // The first side's mean has the variance 4/4, the second's 2.5/5; 2.25/(1/3 + 0.25/4) = 5.684 degrees of freedom, t(0.975) of which is 2.481.
        var welch = Welch.Of(10, 4, 4, [1, 2, 3, 4, 5]);
        Assert.Equal(7, welch.Mean, 1e-12);
        Assert.Equal(7 - 2.481 * Math.Sqrt(1.5), welch.Low, 1e-2);
        Assert.Equal(1, Welch.Of(10, 4, 1, [1, 2]).Chance);
        Assert.Equal(double.NegativeInfinity, Welch.Of(10, 4, 9, [1]).Low);
        Assert.Equal((10, 0), (Welch.Of(10, 0, 9, [0, 0]).Low, Welch.Of(10, 0, 9, [0, 0]).Chance));
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
