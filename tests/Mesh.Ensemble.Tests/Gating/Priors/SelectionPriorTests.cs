using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Gating.Priors;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.Gating.Priors;

/// <summary>The options in the token loop: four experts that are as good as each other, one of them a token, so without more the first is asked for all.</summary>
public sealed class SelectionPriorTests
{
    private const int Sessions = 12, Tokens = 60;
    private static readonly EnsembleOptions Options = new() { K = 1, Gate = GateKind.Uniform, RefreshInterval = 0, Hysteresis = 0 };

    [Fact]
    public void Without_them_one_expert_has_all_the_work() => Assert.Equal([1, 0, 0, 0], Shares(Options));

    [Fact]
    public void Fatigue_shares_the_work() => Assert.True(Shares(Options with { Fatigue = 1 })[0] < 0.7);

    [Fact]
    public void Exploration_lets_each_expert_vote() => Assert.All(Shares(Options, time => new ExplorationPrior(time, bound: 1, seed: 3)), share => Assert.True(share > 0));

    [Fact]
    public void Each_option_is_one_prior()
    {
        var loop = new EnsembleTokenLoop(new SimulatedPool(), Options with { Fatigue = 1, Exploration = 1 }, new VirtualTime(1), NullLogger<EnsembleTokenLoop>.Instance);
        Assert.Collection(loop.SelectionPriors, prior => Assert.IsType<FatiguePrior>(prior), prior => Assert.IsType<ExplorationPrior>(prior));
    }

    [Fact]
    public void A_deterministic_session_does_not_look_at_them() => Assert.Equal([1, 0, 0, 0], Shares(Options with { Fatigue = 1, Exploration = 1, Deterministic = true }));

    /// <summary>Of the votes of all sessions.</summary>
    private static double[] Shares(EnsembleOptions options, Func<TimeProvider, IGatePrior>? prior = null)
    {
        var (time, pool, votes) = (new VirtualTime(1), new SimulatedPool(), new double[4]);
        for (var i = 0; i < votes.Length; i++)
        {
            var toy = new ToyExpert(ExpertId.Parse($"e{i}"), new(16, 1));
            pool.Peers = pool.Peers.Add(new(toy.Card, new DelayedExpert(toy, time, _ => TimeSpan.FromMilliseconds(100))));
        }
        time.Run(async () =>
        {
            var loop = new EnsembleTokenLoop(pool, options, time, NullLogger<EnsembleTokenLoop>.Instance, selectionPriors: prior is null ? null : [prior(time)]);
            await Task.WhenAll(Enumerable.Range(0, Sessions).Select(ReadAsync));

            async Task ReadAsync(int seed)
            {
                await foreach (var token in loop.RunAsync(new() { Prompt = new[] { 1, 2 }, EndTokens = new HashSet<int>(), MaxTokens = Tokens, Sampling = new() { Seed = seed }, Trace = true }))
                    foreach (var vote in token.Trace!.Votes)
                        votes[vote.Expert.Value[1] - '0'] += vote.Weight;
            }
        });
        Assert.All(pool.Peers, p => Assert.Equal(0, p.Load.Outstanding));
        return [.. votes.Select(v => v / votes.Sum())];
    }
}
