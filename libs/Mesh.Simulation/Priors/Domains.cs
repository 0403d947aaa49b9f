using Mesh.Ensemble.Gating;
using Mesh.Simulation.Experts;

namespace Mesh.Simulation.Priors;

/// <summary>The sources that texts are drawn from, and a gate trained on texts of theirs.</summary>
internal sealed class Domains
{
    private const int Vocabulary = 24, TrainingTokens = 4000;
    private const double Sharpness = 2, MostWeight = 1;

    public Domains(int count, int seed) => Sources = [.. Enumerable.Range(0, count).Select(d => new ToyModel(Vocabulary, unchecked(seed * 7919 + d + 1), Sharpness))];

    public IReadOnlyList<ToyModel> Sources { get; }

    /// <summary>A text of one domain.</summary>
    public int[] Draw(int domain, int tokens, Random random)
    {
        var text = new int[tokens];
        for (var i = 0; i < tokens; i++)
        {
            var logs = Sources[domain].LogProbabilities(text.AsSpan(0, i));
            var left = random.NextDouble();
            for (text[i] = 0; text[i] < Vocabulary - 1 && (left -= Math.Exp(logs[text[i]])) > 0;)
                text[i]++;
        }
        return text;
    }

    /// <summary>The source's own log-probability of each token of a text.</summary>
    public float[] LogProbabilities(int domain, int[] text) => [.. text.Select((token, i) => Sources[domain].LogProbabilities(text.AsSpan(0, i))[token])];

    /// <summary>Naive Bayes: how much more often a token is in an expert's home domain than in all of them. One that joins later is not known to it.</summary>
    public GateModel Train(IReadOnlyList<string> experts, IReadOnlyList<int> homes, Random random)
    {
        var shares = Sources.Select((_, d) => Shares(Draw(d, TrainingTokens, random))).ToArray();
        var weights = new float[Vocabulary * experts.Count];
        for (var token = 0; token < Vocabulary; token++)
            for (var e = 0; e < experts.Count; e++)
                weights[token * experts.Count + e] = (float)Math.Clamp(Math.Log(shares[homes[e]][token] / shares.Average(s => s[token])), -MostWeight, MostWeight);
        return new("toy", experts, weights, new float[experts.Count], 0.9, 0.9, 0.7);
    }

    private static double[] Shares(int[] text)
    {
        var counts = new double[Vocabulary];
        foreach (var token in text)
            counts[token]++;
        return [.. counts.Select(c => (c + 1) / (text.Length + Vocabulary))];
    }
}
