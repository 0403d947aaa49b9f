using Mesh.Inference.Decoding;
using Mesh.Inference.Native;

namespace Mesh.Bench.Bytes;

/// <summary>The raw logits of an expert for every token of a text.</summary>
internal sealed class ExpertRows : IDisposable
{
    private readonly ModelHandle _model;
    private readonly ContextHandle _context;
    private readonly BatchBuffer _batch;

    public ExpertRows(string path, int mostTokens)
    {
        _model = ModelHandle.Load(path, vocabularyOnly: false, gpuLayers: 0, progress: null);
        Vocabulary = Mesh.Inference.Native.Vocabulary.llama_vocab_n_tokens(_model.Vocabulary);
        var parameters = ContextHandle.DefaultParams();
        (parameters.Threads, parameters.BatchThreads, parameters.MaxOutputs) = (1, 1, (uint)mostTokens);
        _context = ContextHandle.Create(_model, parameters);
        _batch = new(mostTokens);
    }

    public int Vocabulary { get; }

    public void Decode(ReadOnlySpan<int> tokens)
    {
        _context.Clear();
        _batch.Clear();
        for (var i = 0; i < tokens.Length; i++)
            _batch.Add(tokens[i], i, 0, output: true);
        if (_context.Decode(_batch.Native) is var result and not DecodeResult.Ok)
            throw new InvalidOperationException($"llama_decode answered {result}.");
    }

    public ReadOnlySpan<float> Row(int index) => _context.Logits(index, Vocabulary);

    public void Dispose()
    {
        _batch.Dispose();
        _context.Dispose();
        _model.Dispose();
    }
}
