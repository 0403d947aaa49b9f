using Mesh.Simulation.Experts;

namespace Mesh.Simulation.Priors;

/// <summary>What an expert knows: so much of each domain. Its distribution is the mixture of the domains' own, and it can learn and forget while it runs.</summary>
public sealed class BlendedModel(IReadOnlyList<ToyModel> domains, double[] shares) : ToyModel(domains[0].VocabularySize, 0)
{
    private readonly Dictionary<(int, int), float[]> _rows = [];
    private double[] _shares = shares;

    /// <summary>Of each domain; positive, sum 1.</summary>
    public double[] Shares
    {
        get => _shares;
        set
        {
            _shares = value;
            _rows.Clear();
        }
    }

    public override float[] LogProbabilities(ReadOnlySpan<int> context)
    {
        var key = (context.Length > 1 ? context[^2] : -1, context.Length > 0 ? context[^1] : -1);
        if (_rows.TryGetValue(key, out var row))
            return row;
        var sums = new double[VocabularySize];
        for (var d = 0; d < domains.Count; d++)
        {
            var logs = domains[d].LogProbabilities(context);
            for (var i = 0; i < sums.Length; i++)
                sums[i] += _shares[d] * Math.Exp(logs[i]);
        }
        return _rows[key] = [.. sums.Select(s => (float)Math.Min(0, Math.Log(s)))];
    }
}
