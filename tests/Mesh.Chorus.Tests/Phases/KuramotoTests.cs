using Mesh.Chorus.Phases;

namespace Mesh.Chorus.Tests.Phases;

public sealed class KuramotoTests
{
    /// <summary>Of a Lorentzian density g with half width 1, g(0) = 1/pi, so K_c = 2 / (pi g(0)) = 2.</summary>
    private const double Critical = 2;

    [Fact]
    public void The_mean_field_is_the_sum_over_all_pairs()
    {
        var random = new Random(1);
        var (phases, frequencies) = (Uniform(random, 40), Uniform(random, 40));
        var (field, pairs) = (new Kuramoto(phases, frequencies), new Kuramoto(phases, frequencies));
        var increments = new double[40];
        for (var step = 0; step < 200; step++)
        {
            Brownian.Fill(increments, 0.01, random);
            field.Step(0.01, 1.5, 0.3, increments);
            pairs.StepByPairs(0.01, 1.5, 0.3, increments);
        }
        for (var i = 0; i < 40; i++)
            Assert.Equal(pairs.Phases[i], field.Phases[i], 1e-9);
    }

    /// <summary>r = sqrt(1 - K_c/K) exactly, for infinitely many (Kuramoto 1984); and K_c is found from it.</summary>
    [Fact]
    public void Order_follows_the_exact_law_and_the_critical_coupling_is_found()
    {
        double[] couplings = [3, 4, 6];
        var orders = couplings.Select(k => Settled(4096, k, seed: 7)).ToArray();
        for (var i = 0; i < couplings.Length; i++)
            Assert.Equal(Math.Sqrt(1 - Critical / couplings[i]), orders[i], 0.03);
        var found = couplings.Zip(orders, (k, r) => k * (1 - r * r)).Average();
        Assert.InRange(found, 0.95 * Critical, 1.05 * Critical);
        Assert.InRange(Settled(4096, 1, seed: 7), 0, 0.1);   // far below it nothing aligns
    }

    /// <summary>Additive noise: Euler-Maruyama is of strong order 1 (Kloeden and Platen 1992), so half the step is half the error.</summary>
    [Fact]
    public void The_error_of_a_path_halves_with_half_the_step()
    {
        const int fine = 4096, paths = 48, count = 8;
        double[] errors = [.. new[] { 32, 64, 128 }.Select(coarse => Enumerable.Range(0, paths).Average(path => Error(path, coarse)))];
        Assert.InRange(errors[0] / errors[1], 1.7, 2.4);
        Assert.InRange(errors[1] / errors[2], 1.7, 2.4);

        double Error(int path, int coarse)
        {
            var random = new Random(1000 + path);
            var (phases, frequencies) = (Uniform(random, count), Uniform(random, count));
            var (exact, rough) = (new Kuramoto(phases, frequencies), new Kuramoto(phases, frequencies));
            var (small, sum) = (new double[count], new double[count]);
            for (var step = 0; step < fine; step++)
            {
                Brownian.Fill(small, 1.0 / fine, random);
                exact.Step(1.0 / fine, 2, 0.5, small);
                for (var i = 0; i < count; i++)
                    sum[i] += small[i];
                if ((step + 1) % (fine / coarse) != 0)
                    continue;
                rough.Step(1.0 / coarse, 2, 0.5, sum);
                Array.Clear(sum);
            }
            return Enumerable.Range(0, count).Average(i => Math.Abs(exact.Phases[i] - rough.Phases[i]));
        }
    }

    [Fact]
    public void What_is_no_number_or_does_not_fit_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new Kuramoto([0], [1, 2]));
        Assert.Throws<ArgumentException>(() => new Kuramoto([double.NaN], [1]));
        Assert.Throws<ArgumentException>(() => new Kuramoto([0], [double.PositiveInfinity]));
        Assert.Equal(default, new Kuramoto([], []).Order);
    }

    /// <summary>The order after a while, averaged; frequencies at the quantiles of the Lorentzian.</summary>
    private static double Settled(int count, double coupling, int seed)
    {
        var frequencies = Enumerable.Range(0, count).Select(i => Math.Tan(Math.PI * ((i + 0.5) / count - 0.5))).ToArray();
        var model = new Kuramoto(Uniform(new Random(seed), count), frequencies);
        var (sum, kept) = (0.0, 0);
        for (var step = 0; step < 1500; step++)
        {
            model.Step(0.02, coupling);
            if (step >= 1000)
                (sum, kept) = (sum + model.Order.R, kept + 1);
        }
        return sum / kept;
    }

    private static double[] Uniform(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextDouble() - 0.5) * 2 * Math.PI)];
}
