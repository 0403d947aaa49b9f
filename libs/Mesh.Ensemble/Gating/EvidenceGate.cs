using Mesh.Contracts.Experts;

namespace Mesh.Ensemble.Gating;

/// <summary>
/// <c>score_i = prior_i + weight * sum_s decay^(t-s) (ll_i,s - ll_mix,s)</c>: who predicted the session's own last tokens well counts more. The mixture's
/// part is the same for all who have seen a token, so it changes nothing among them; it makes a token that an expert did not score neutral.
/// </summary>
public sealed class EvidenceGate : IGate
{
    /// <summary>Bound of one token's advantage, in nats: one very bad token must not silence an expert for the rest of the text.</summary>
    public const double MostAdvantage = 30;

    /// <summary>Bound of <see cref="Memory"/>.</summary>
    public const int MostMemory = 512;

    private readonly double _decay, _weight;
    private readonly List<double> _priors = [], _evidence = [];

    /// <param name="decay">Share of the evidence that is left after one more token, 0 to below 1.</param>
    /// <param name="weight">Factor on the evidence, 0 or more.</param>
    public EvidenceGate(double decay, double weight)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(decay);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(decay, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(weight);
        (_decay, _weight) = (decay, weight);
        Memory = weight == 0 ? 0 : decay == 0 ? 1 : Math.Clamp((int)Math.Ceiling(Math.Log(1e-4) / Math.Log(decay)), 1, MostMemory);
    }

    public int Experts => _evidence.Count;

    public int Memory { get; }

    public int Add(ExpertId expert, double prior = 0)
    {
        _priors.Add(prior);
        _evidence.Add(0);
        return _evidence.Count - 1;
    }

    public void Advance(int token)
    {
        for (var i = 0; i < _evidence.Count; i++)
            _evidence[i] *= _decay;
    }

    public void Observe(int expert, int age, double advantage) => _evidence[expert] += Part(age, advantage);

    public double Gain(int age, double advantage) => _weight * Part(age, advantage);

    public double Score(int expert) => _priors[expert] + _weight * _evidence[expert];

    private double Part(int age, double advantage) => Math.Pow(_decay, age) * Math.Clamp(advantage, -MostAdvantage, MostAdvantage);
}
