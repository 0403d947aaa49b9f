using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Gating.Priors;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Time;

namespace Mesh.Ensemble.Tests.Gating.Priors;

public sealed class ExplorationPriorTests
{
    private readonly ExpertPeer[] _peers = [.. Enumerable.Range(0, 4).Select(i => new ToyExpert(ExpertId.Parse($"e{i}"), new(8, 1))).Select(e => new ExpertPeer(e.Card, e))];

    private List<double[]> Run(double bound, int seed, int steps, Func<Random, double> milliseconds)
    {
        var (time, random, seen) = (new VirtualTime(1), new Random(3), new List<double[]>());
        time.Run(async () =>
        {
            var prior = new ExplorationPrior(time, bound, seed);
            for (var i = 0; i < steps; i++)
            {
                var scores = new double[_peers.Length];
                prior.Add([1], _peers, scores);
                seen.Add(scores);
                await Task.Delay(TimeSpan.FromMilliseconds(milliseconds(random)), time);
            }
        });
        return seen;
    }

    [Theory, InlineData(0.3), InlineData(1)]
    public void Noise_is_never_beyond_its_bound_whatever_the_time_between_two_looks(double bound) =>
        Assert.All(Run(bound, 5, 4000, r => r.Next(3) == 0 ? r.Next(1_000_000_000) : r.Next(100)).SelectMany(s => s), s => Assert.InRange(s, 0, bound));

    [Fact]
    public void A_seed_is_one_noise_and_experts_have_their_own()
    {
        var (a, b, other) = (Run(1, 5, 100, _ => 100), Run(1, 5, 100, _ => 100), Run(1, 6, 100, _ => 100));
        Assert.Equal(a, b);
        Assert.NotEqual(a, other);
        Assert.Equal(4, a[^1].Distinct().Count());
    }

    [Fact]
    public void The_first_look_sees_what_was_drawn()
    {
        var first = Enumerable.Range(0, 200).SelectMany(i => Run(1, seed: 1000 * i, 1, _ => 0)[0]).ToArray();
        Assert.Equal(first.Length, first.Distinct().Count());
        Assert.InRange(first.Average(), 0.45, 0.55);
    }

    /// <summary>Each value below the bound as likely as the other: so each expert is in front now and then, also after a pause.</summary>
    [Theory, InlineData(40_000, 200), InlineData(4000, 60_000), InlineData(4000, 3_600_000)]
    public void Every_expert_comes_forward_now_and_then(int steps, double milliseconds)
    {
        var seen = Run(1, 11, steps, _ => milliseconds);
        for (var expert = 0; expert < 4; expert++)
        {
            Assert.InRange(seen.Average(s => s[expert]), 0.4, 0.6);
            Assert.InRange(seen.Count(s => s[expert] == s.Max()) / (double)seen.Count, 0.15, 0.35);
        }
    }
}
