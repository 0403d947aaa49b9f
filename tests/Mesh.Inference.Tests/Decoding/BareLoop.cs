using Mesh.Inference.Native;

namespace Mesh.Inference.Tests.Decoding;

/// <summary>The reference: one context, one sequence, one llama_decode after the other, the softmax in double precision.</summary>
internal sealed unsafe class BareLoop : IDisposable
{
    private readonly ModelHandle _model;
    private readonly ContextHandle _context;

    public BareLoop(string path, int threads = 1)
    {
        _model = ModelHandle.Load(path, vocabularyOnly: false, gpuLayers: 0, progress: null);
        var parameters = ContextHandle.DefaultParams();
        (parameters.Threads, parameters.BatchThreads) = (threads, threads);
        _context = ContextHandle.Create(_model, parameters);
        VocabularySize = Vocabulary.llama_vocab_n_tokens(_model.Vocabulary);
    }

    public int VocabularySize { get; }

    /// <summary>Natural log-probabilities of every token after each of <paramref name="tokens"/>.</summary>
    public double[][] LogProbabilities(ReadOnlySpan<int> tokens)
    {
        _context.Clear();
        var rows = new double[tokens.Length][];
        for (var i = 0; i < tokens.Length; i++)
            rows[i] = Decode(tokens[i]);
        return rows;
    }

    public int[] Greedy(ReadOnlySpan<int> prompt, int count, IReadOnlySet<int>? until = null)
    {
        var row = LogProbabilities(prompt)[^1];
        var tokens = new List<int>();
        for (; ; )
        {
            var best = Array.IndexOf(row, row.Max());
            if (until?.Contains(best) is true)
                break;
            tokens.Add(best);
            if (tokens.Count == count)
                break;
            row = Decode(best);
        }
        return [.. tokens];
    }

    public void Dispose()
    {
        _context.Dispose();
        _model.Dispose();
    }

    private double[] Decode(int token)
    {
        Assert.Equal(DecodeResult.Ok, _context.Decode(new Batch { TokenCount = 1, Tokens = &token }));
        return LogSoftmax(_context.Logits(-1, VocabularySize));
    }

    public static double[] LogSoftmax(ReadOnlySpan<float> logits)
    {
        var row = new double[logits.Length];
        var (max, sum) = (double.NegativeInfinity, 0d);
        foreach (var logit in logits)
            max = Math.Max(max, logit);
        foreach (var logit in logits)
            sum += Math.Exp(logit - max);
        for (var i = 0; i < row.Length; i++)
            row[i] = logits[i] - max - Math.Log(sum);
        return row;
    }
}
