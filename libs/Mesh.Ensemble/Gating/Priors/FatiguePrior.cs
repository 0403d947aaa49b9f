using System.Runtime.CompilerServices;
using Mesh.Chorus.Fatigue;
using Mesh.Ensemble.Experts;

namespace Mesh.Ensemble.Gating.Priors;

/// <summary>
/// Whom this router has kept busy falls back, by at most a bound: the load is the steps under way at the expert, and <see cref="ExpertFatigue"/> says how it tires and recovers. It moves work,
/// it says nothing of how good an answer is: for the choice of a round's experts, not for their weights.
/// </summary>
public sealed class FatiguePrior : IGatePrior
{
    /// <summary>Most that the bound can be.</summary>
    public const double MostNats = ExpertFatigue.Bound;

    /// <summary>So many steps under way at once are half of a full load.</summary>
    public const double HalfLoad = 4;

    private const double MostSteps = 256;   // more under way at once, or fewer than none, were read in the middle of a change

    private readonly TimeProvider _time;
    private readonly double _bound;
    private readonly ConditionalWeakTable<ExpertPeer, State> _states = [];   // an expert that comes back is rested
    private readonly ConditionalWeakTable<ExpertPeer, State>.CreateValueCallback _create;

    /// <param name="bound">Nats, 0 to <see cref="MostNats"/>.</param>
    public FatiguePrior(TimeProvider time, double bound = MostNats)
    {
        if (bound is not (>= 0 and <= MostNats))
            throw new ArgumentOutOfRangeException(nameof(bound), bound, $"0 to {MostNats}.");
        (_time, _bound) = (time, bound);
        _create = peer => new(peer.Load, Now);
    }

    private long Now => _time.GetElapsedTime(0).Ticks;

    /// <summary>0 rested, 1 as tired as can be.</summary>
    public double Of(ExpertPeer expert) => _states.GetValue(expert, _create).ValueAt(Now);

    public void Add(ReadOnlySpan<int> prompt, ReadOnlySpan<ExpertPeer> experts, Span<double> scores)
    {
        for (var i = 0; i < experts.Length; i++)
            scores[i] -= _bound * Of(experts[i]);
    }

    private sealed class State(ExpertLoad load, long now) : PeerState(now, 0)
    {
        private readonly ExpertFatigue _fatigue = new();
        private long _work = load.WorkUntil(now);

        protected override double Advance(long now, TimeSpan elapsed)
        {
            var work = load.WorkUntil(now);
            var mean = unchecked(work - _work) / (double)elapsed.Ticks;
            _work = work;
            var steps = mean is >= 0 and <= MostSteps ? mean : Math.Max(0, load.Outstanding);
            _fatigue.Advance(elapsed, steps / (steps + HalfLoad));
            return _fatigue.Value;
        }
    }
}
