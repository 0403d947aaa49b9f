using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Gating.Priors;

namespace Mesh.Simulation.Priors;

/// <summary>The most loaded expert falls back by the bound, an idle one not at all, the others in proportion.</summary>
public sealed class LeastOutstanding(double bound) : IGatePrior
{
    public void Add(ReadOnlySpan<int> prompt, ReadOnlySpan<ExpertPeer> experts, Span<double> scores)
    {
        var most = 1;
        foreach (var expert in experts)
            most = Math.Max(most, expert.Load.Outstanding);
        for (var i = 0; i < experts.Length; i++)
            scores[i] -= bound * experts[i].Load.Outstanding / most;
    }
}

/// <summary>An expert falls back by what it has under way now, on the scale of fatigue: what is left of that without its dynamics.</summary>
public sealed class OutstandingShare(double bound) : IGatePrior
{
    public void Add(ReadOnlySpan<int> prompt, ReadOnlySpan<ExpertPeer> experts, Span<double> scores)
    {
        for (var i = 0; i < experts.Length; i++)
            scores[i] -= bound * experts[i].Load.Outstanding / (experts[i].Load.Outstanding + FatiguePrior.HalfLoad);
    }
}

/// <summary>Each expert is compared with another one, drawn at random: the more loaded of the two falls back by the bound.</summary>
public sealed class PowerOfTwoChoices(double bound, Random random) : IGatePrior
{
    public void Add(ReadOnlySpan<int> prompt, ReadOnlySpan<ExpertPeer> experts, Span<double> scores)
    {
        for (var i = 0; i < experts.Length; i++)
            if (experts[i].Load.Outstanding > experts[random.Next(experts.Length)].Load.Outstanding)
                scores[i] -= bound;
    }
}

/// <summary>Once in a while one expert, drawn at random, comes forward by the bound.</summary>
public sealed class EpsilonGreedy(double bound, double epsilon, Random random) : IGatePrior
{
    public void Add(ReadOnlySpan<int> prompt, ReadOnlySpan<ExpertPeer> experts, Span<double> scores)
    {
        if (random.NextDouble() < epsilon)
            scores[random.Next(experts.Length)] += bound;
    }
}
