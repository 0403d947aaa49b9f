using Mesh.Contracts.Experts;

namespace Mesh.Ensemble.Gating;

/// <summary>The learned prior and the evidence, weighed as they were fitted together.</summary>
public sealed class LearnedGate(GateModel model) : IGate
{
    private readonly EvidenceGate _evidence = new(model.EvidenceDecay, model.EvidenceWeight);
    private readonly LearnedPrior _prior = new(model);
    private readonly List<int> _columns = [];

    public int Experts => _evidence.Experts;

    public int Memory => _evidence.Memory;

    public int Add(ExpertId expert, double prior = 0)
    {
        _columns.Add(_prior.ColumnOf(expert.Value));
        return _evidence.Add(expert, prior);
    }

    public void Advance(int token)
    {
        _evidence.Advance(token);
        _prior.Advance(token);
    }

    public void Observe(int expert, int age, double advantage) => _evidence.Observe(expert, age, advantage);

    public double Gain(int age, double advantage) => _evidence.Gain(age, advantage);

    public double Score(int expert) => _evidence.Score(expert) + _prior.Score(_columns[expert]);
}
