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

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
