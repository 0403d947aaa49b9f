using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Gating.Priors;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Time;

namespace Mesh.Ensemble.Tests.Gating.Priors;

public sealed class FatiguePriorTests
{
    private readonly VirtualTime _time = new(1);

    private long Now => _time.GetElapsedTime(0).Ticks;

    private static ExpertPeer Peer(string name = "e0")
    {
        var expert = new ToyExpert(ExpertId.Parse(name), new(8, 1));
        return new(expert.Card, expert);
    }

    /// <summary>Lets time go by in steps in which the prior is asked, as rounds do.</summary>
    private async Task PassAsync(FatiguePrior prior, ExpertPeer peer, double seconds)
    {
        for (var i = 0; i < seconds * 10; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), _time);
            _ = prior.Of(peer);
        }
    }

    [Fact]
    public void A_busy_expert_tires_in_about_a_second_and_recovers_in_several() => _time.Run(async () =>
    {
        var (prior, busy, idle) = (new FatiguePrior(_time), Peer(), Peer("e1"));
        Assert.Equal(0, prior.Of(busy) + prior.Of(idle));
        for (var i = 0; i < 100; i++)
            busy.Load.Begin(Now);
        await PassAsync(prior, busy, 5);
        var most = prior.Of(busy);
        Assert.InRange(most, 0.5, 1);
        Assert.Equal(0, prior.Of(idle));
        for (var i = 0; i < 100; i++)
            busy.Load.End(Now);
        await PassAsync(prior, busy, 0.5);
        Assert.InRange(prior.Of(busy), most * 0.5, most);
        await PassAsync(prior, busy, 15);
        Assert.InRange(prior.Of(busy), 0, most * 0.05);
    });

    [Fact]
    public void More_steps_at_once_tire_more() => _time.Run(async () =>
    {
        var (prior, last) = (new FatiguePrior(_time), 0.0);
        foreach (var steps in new[] { 1, 4, 16, 64 })
        {
            var peer = Peer();
            _ = prior.Of(peer);
            for (var i = 0; i < steps; i++)
                peer.Load.Begin(Now);
            await PassAsync(prior, peer, 5);
            Assert.True(prior.Of(peer) > last, $"{steps} steps: {prior.Of(peer)}, fewer: {last}.");
            last = prior.Of(peer);
        }
    });

    [Fact]
    public void An_expert_that_comes_back_is_rested() => _time.Run(async () =>
    {
        var (prior, before) = (new FatiguePrior(_time), Peer());
        _ = prior.Of(before);
        before.Load.Begin(Now);
        await PassAsync(prior, before, 5);
        Assert.True(prior.Of(before) > 0);
        Assert.Equal(0, prior.Of(Peer()));
    });

    /// <summary>Who reads between the two additions of a beginning or an end sees a sum that is wrong by all of the clock, and the next one sees it go back.</summary>
    [Fact]
    public void A_load_that_was_read_in_the_middle_of_a_change_counts_as_what_is_under_way() => _time.Run(async () =>
    {
        var (prior, whole, torn) = (new FatiguePrior(_time), Peer(), Peer("e1"));
        foreach (var peer in new[] { whole, torn })
            for (var i = 0; i < 8; i++)
                peer.Load.Begin(Now);
        foreach (var (begin, end) in new[] { (0L, Now), (Now, 0L) })
        {
            torn.Load.Begin(begin);
            torn.Load.End(end);
            await PassAsync(prior, whole, 0.1);
            Assert.Equal(prior.Of(whole), prior.Of(torn), 1e-9);
        }
        await PassAsync(prior, whole, 1);
        Assert.Equal(prior.Of(whole), prior.Of(torn), 1e-9);
    });

    /// <summary>Whatever the load says, also one that was counted wrong or at times that make no sense.</summary>
    [Theory, InlineData(0.25), InlineData(1)]
    public void The_bound_holds_under_hostile_numbers(double bound) => _time.Run(async () =>
    {
        var (prior, random) = (new FatiguePrior(_time, bound), new Random(7));
        ExpertPeer[] peers = [Peer(), Peer("e1")];
        for (var i = 0; i < 2000; i++)
        {
            var at = random.Next(4) switch { 0 => long.MinValue, 1 => long.MaxValue, 2 => random.NextInt64(), _ => Now };
            if (random.Next(2) == 0)
                peers[0].Load.Begin(at);
            else
                peers[0].Load.End(at);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(3) == 0 ? random.Next(100_000_000) : random.Next(200)), _time);
            double[] scores = [3, -3];
            ((IGatePrior)prior).Add([1, 2], peers, scores);
            Assert.InRange(scores[0], 3 - bound, 3);
            Assert.Equal(-3, scores[1]);
        }
    });

    [Theory, InlineData(-0.1), InlineData(1.01), InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void Bounds_out_of_range_are_refused(double bound)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new FatiguePrior(_time, bound));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExplorationPrior(_time, bound, 1));
        Assert.Single(new EnsembleOptions { Fatigue = bound }.Faults());
        Assert.Single(new EnsembleOptions { Exploration = bound }.Faults());
    }

    /// <summary>No lock holds the steps together: in whatever order they begin and end, nothing is lost and nothing leaves its bounds.</summary>
    [Fact]
    public void Steps_of_many_threads_are_all_counted()
    {
        var (peer, prior) = (Peer(), new FatiguePrior(TimeProvider.System));
        Parallel.For(0, 8, thread =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                peer.Load.Begin(i);
                Assert.InRange(prior.Of(peer), 0, 1);
                peer.Load.End(i + 3);
            }
        });
        Assert.Equal(0, peer.Load.Outstanding);
        Assert.Equal(8 * 20_000 * 3, peer.Load.WorkUntil(long.MaxValue));
    }
}
