using System.Runtime.CompilerServices;
using Mesh.Chorus.Exploration;
using Mesh.Chorus.Phases;
using Mesh.Ensemble.Experts;

namespace Mesh.Ensemble.Gating.Priors;

/// <summary>
/// Every expert comes forward now and then, whatever is known of it: bounded geometric Brownian motion, one for each, the same for all sessions of a router. Its drift drives it
/// against its bound as hard as that makes every value below the bound as likely as the other.
/// </summary>
public sealed class ExplorationPrior : IGatePrior
{
    /// <summary>Most that the bound can be.</summary>
    public const double MostNats = 1;

    private const double Volatility = 1;                     // by the root of a second: somewhere else within seconds
    private const double Drift = Volatility * Volatility;    // the logarithm drifts by half of that, so its distance from the bound is exponential with mean 1 and the value uniform

    private readonly TimeProvider _time;
    private readonly double _bound;
    private readonly ConditionalWeakTable<ExpertPeer, State> _states = [];
    private readonly ConditionalWeakTable<ExpertPeer, State>.CreateValueCallback _create;

    /// <param name="bound">Nats, 0 to <see cref="MostNats"/>.</param>
    /// <param name="seed">Of the noise; an expert's own depends on its name too.</param>
    public ExplorationPrior(TimeProvider time, double bound, int seed)
    {
        if (bound is not (>= 0 and <= MostNats))
            throw new ArgumentOutOfRangeException(nameof(bound), bound, $"0 to {MostNats}.");
        (_time, _bound) = (time, bound);
        _create = peer =>
        {
            var random = new Random(seed ^ NumberOf(peer.Id.Value));
            return new(random, new(Drift, Volatility, start: 1 - random.NextDouble()), Now);
        };
    }

    private long Now => _time.GetElapsedTime(0).Ticks;

    public void Add(ReadOnlySpan<int> prompt, ReadOnlySpan<ExpertPeer> experts, Span<double> scores)
    {
        var now = Now;
        for (var i = 0; i < experts.Length; i++)
            scores[i] += _bound * _states.GetValue(experts[i], _create).ValueAt(now);
    }

    /// <summary>The same in every process, unlike a string's hash.</summary>
    private static int NumberOf(string name)
    {
        var number = 17;
        foreach (var letter in name)
            number = unchecked(number * 486187739 + letter);
        return number;
    }

    private sealed class State(Random random, ExplorationNoise noise, long now) : PeerState(now, noise.Value)
    {
        protected override double Advance(long now, TimeSpan elapsed)
        {
            Span<double> increment = stackalloc double[1];
            Brownian.Fill(increment, elapsed.TotalSeconds, random);
            noise.Step(elapsed.TotalSeconds, increment[0], 1 - random.NextDouble());
            return noise.Value;
        }
    }
}
