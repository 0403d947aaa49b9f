using Mesh.Contracts.Experts;
using Mesh.Ensemble.Gating;

namespace Mesh.Training.Scores;

/// <summary>Log-likelihood of every text, in nats: of one expert, or of a gate that runs over it as in the token loop.</summary>
public static class Mixtures
{
    public static double[] Single(ScoreTable table, int expert) =>
        [.. Enumerable.Range(0, table.Texts.Count).Select(text => table.Of(text, expert).Sum(s => (double)s))];

    /// <param name="gate">Makes the gate of the text of that number.</param>
    /// <param name="k">How many experts of the best score are mixed for a token.</param>
    public static double[] Gated(ScoreTable table, Func<int, IGate> gate, int k)
    {
        var sums = new double[table.Texts.Count];
        Parallel.For(0, sums.Length, text => sums[text] = Run(table, text, gate(text), k));
        return sums;
    }

    /// <summary>
    /// The one expert that was best for each <paramref name="segment"/> of tokens, known afterwards: no way to choose one expert at a time is better.
    /// </summary>
    public static double[] Hindsight(ScoreTable table, int segment) => [.. table.Texts.Select((text, number) =>
    {
        var sum = 0.0;
        // Segments are those of the text: the tokens before the first scored one belong to the first of them.
        for (var at = 0; at < text.Scored;)
        {
            var end = Math.Min(text.Scored, at == 0 ? segment - 1 : at + segment);
            sum += Enumerable.Range(0, table.Experts.Count).Max(e => table.Of(number, e).AsSpan(at..end).ToArray().Sum(s => (double)s));
            at = end;
        }
        return sum;
    })];

    private static double Run(ScoreTable table, int number, IGate gate, int k)
    {
        var text = table.Texts[number];
        var experts = table.Experts.Count;
        foreach (var expert in table.Experts)
            gate.Add(ExpertId.Parse(expert));
        foreach (var token in text.Tokens.AsSpan(0, text.Unscored))
            gate.Advance(token);
        var (scores, order, weights) = (new double[experts], new int[experts], new float[Math.Min(k, experts)]);
        var sum = 0.0;
        for (var at = 0; at < text.Scored; at++)
        {
            for (var i = 0; i < experts; i++)
                (scores[i], order[i]) = (-gate.Score(i), i);
            Array.Sort(scores, order);
            var best = scores.AsSpan(0, weights.Length);
            for (var i = 0; i < best.Length; i++)
                best[i] = -best[i];
            Softmax.Weights(best, weights);
            var probability = 0.0;
            for (var i = 0; i < weights.Length; i++)
                probability += weights[i] * Math.Exp(table.Of(number, order[i])[at]);
            var log = Math.Log(Math.Max(probability, double.Epsilon));
            sum += log;
            gate.Advance(text.Tokens[text.Unscored + at]);
            for (var i = 0; i < experts; i++)
                gate.Observe(i, age: 0, table.Of(number, i)[at] - log);
        }
        return sum;
    }
}
