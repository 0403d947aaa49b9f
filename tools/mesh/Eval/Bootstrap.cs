using Mesh.Training.Scores;

namespace Mesh.Tool.Eval;

/// <summary>A figure with its 95 % interval.</summary>
internal readonly record struct Estimate(double Value, double Low, double High);

/// <summary>
/// Percentile bootstrap over whole texts (Efron 1979; pieces of one text are drawn together): perplexity of one mixture and the ratio of two, the latter
/// paired, so that what is hard for both cancels.
/// </summary>
internal sealed class Bootstrap
{
    private readonly (int Tokens, int[] Texts)[] _sources;
    private readonly int[][] _draws;

    public Bootstrap(IReadOnlyList<EvalText> texts, string domain, int samples, int seed)
    {
        _sources = [.. texts.Select((text, number) => (text, number)).Where(t => t.text.Domain == domain).GroupBy(t => t.text.Source)
            .Select(g => (g.Sum(t => t.text.Scored), g.Select(t => t.number).ToArray()))];
        var random = new Random(seed);
        _draws = [.. Enumerable.Range(0, samples).Select(_ => _sources.Select(_ => random.Next(_sources.Length)).ToArray())];
    }

    /// <summary>Scored tokens of the domain.</summary>
    public int Tokens => _sources.Sum(s => s.Tokens);

    public int Sources => _sources.Length;

    /// <param name="sums">Log-likelihood of every text of the table, in nats.</param>
    public Estimate Perplexity(double[] sums) => Over(sums, null);

    /// <summary>Perplexity of one over perplexity of the other: below 1 the first is better.</summary>
    public Estimate Ratio(double[] sums, double[] others) => Over(sums, others);

    private Estimate Over(double[] sums, double[]? others)
    {
        var logs = _sources.Select(s => s.Texts.Sum(t => others is null ? -sums[t] : others[t] - sums[t])).ToArray();
        var samples = new double[_draws.Length];
        Parallel.For(0, samples.Length, i =>
        {
            var (log, tokens) = (0.0, 0);
            foreach (var source in _draws[i])
                (log, tokens) = (log + logs[source], tokens + _sources[source].Tokens);
            samples[i] = Math.Exp(log / tokens);
        });
        Array.Sort(samples);
        var value = Math.Exp(logs.Sum() / Tokens);
        return samples.Length == 0 ? new(value, value, value) : new(value, samples[(int)(0.025 * samples.Length)], samples[(int)(0.975 * samples.Length)]);
    }
}
