using Mesh.Contracts.Experts;

namespace Mesh.Ensemble.Gating;

/// <summary>All experts count the same, but for what the prior says.</summary>
public sealed class UniformGate : IGate
{
    private readonly List<double> _priors = [];

    public int Experts => _priors.Count;
    public int Memory => 0;

    public int Add(ExpertId expert, double prior = 0)
    {
        _priors.Add(prior);
        return _priors.Count - 1;
    }

    public void Advance(int token)
    {
    }

    public void Observe(int expert, int age, double advantage)
    {
    }

    public double Gain(int age, double advantage) => 0;

    public double Score(int expert) => _priors[expert];
}
