using System.Text;
using Mesh.Contracts.Steps;
using Mesh.Ensemble;
using Mesh.Ensemble.Mixing;

namespace Mesh.Bench.Bytes;

/// <summary>Perplexity of the uniform mix of all experts, of what they think and of what arrives of it.</summary>
internal sealed class MixQuality(int vocabulary, int experts)
{
    private readonly Mixture _mixture = new(vocabulary);
    private readonly float[] _weights = [.. Enumerable.Repeat(1f, experts)];
    private readonly Dictionary<string, (double Exact, double With, double Without, int Tokens)> _sums = [];
    private SparseDistribution[][] _with = [], _without = [];
    private double[] _exact = [];
    private string _domain = "";
    private int[] _tokens = [];

    public void Begin(string domain, int[] tokens)
    {
        (_domain, _tokens, _exact) = (domain, tokens, new double[tokens.Length]);
        _with = [.. tokens.Select(_ => new SparseDistribution[experts])];
        _without = [.. tokens.Select(_ => new SparseDistribution[experts])];
    }

    public void Add(int expert, int position, double logProbability, SparseDistribution with, SparseDistribution without)
    {
        _exact[position] += Math.Exp(logProbability) / experts;
        (_with[position][expert], _without[position][expert]) = (Copy(with), Copy(without));
    }

    public void End()
    {
        var sum = _sums.GetValueOrDefault(_domain);
        for (var i = 0; i < _tokens.Length - 1; i++)
        {
            sum.Exact -= Math.Log(_exact[i]);
            sum.With -= Mixed(_with[i], _tokens[i + 1]);
            sum.Without -= Mixed(_without[i], _tokens[i + 1]);
            sum.Tokens++;
        }
        _sums[_domain] = sum;
    }

    public string Table(string[] domains)
    {
        var table = new StringBuilder($"\n| perplexity of the uniform mix | {string.Join(" | ", domains)} |\n| --- |{string.Concat(domains.Select(_ => " --- |"))}\n");
        Row("exact", s => s.Exact);
        Row("quantised, no floor", s => s.Without);
        Row($"quantised, floor {Mesh.Inference.Sparse.TopTokens.Floor * 100:0.00} %", s => s.With);
        return table.ToString();

        void Row(string name, Func<(double Exact, double With, double Without, int Tokens), double> loss) => table.Append(
            $"| {name} | {string.Join(" | ", domains.Select(d => $"{Math.Exp(loss(_sums[d]) / _sums[d].Tokens):0.000}"))} |\n");
    }

    private double Mixed(SparseDistribution[] answers, int token)
    {
        _mixture.Mix(answers, _weights, MixMode.Arithmetic);
        return _mixture.LogProbability(token);
    }

    private static SparseDistribution Copy(SparseDistribution of)
    {
        var copy = new SparseDistribution();
        copy.CopyFrom(of);
        return copy;
    }
}
