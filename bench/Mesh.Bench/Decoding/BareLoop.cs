using System.Diagnostics;
using Mesh.Inference.Decoding;
using Mesh.Inference.Native;

namespace Mesh.Bench.Decoding;

/// <summary>Nothing but libllama: decode one token, take the best of the row, decode that.</summary>
internal sealed class BareLoop : IDisposable
{
    private readonly ModelHandle _model;
    private readonly ContextHandle _context;
    private readonly ThreadPoolHandle? _pool;
    private readonly BatchBuffer _batch = new(1);
    private readonly int _vocabulary;

    public BareLoop(string path, int threads)
    {
        _model = ModelHandle.Load(path, vocabularyOnly: false, gpuLayers: 0, progress: null);
        _pool = threads > 1 ? ThreadPoolHandle.TryCreate(_model, threads) : null;
        var parameters = ContextHandle.DefaultParams();
        (parameters.Threads, parameters.BatchThreads) = (threads, threads);
        _context = ContextHandle.Create(_model, parameters);
        if (_pool is not null)
            _context.Attach(_pool);
        _vocabulary = Vocabulary.llama_vocab_n_tokens(_model.Vocabulary);
    }

    /// <summary>Null where the build has one set.</summary>
    public string? Kernels => _model.Kernels?.Name;

    public double TokensPerSecond(int tokens)
    {
        _context.Clear();
        var token = 5;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < tokens; i++)
        {
            _batch.Clear();
            _batch.Add(token, i, 0, output: true);
            if (_context.Decode(_batch.Native) is var result and not DecodeResult.Ok)
                throw new InvalidOperationException($"llama_decode answered {result}.");
            token = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(_context.Logits(0, _vocabulary));
        }
        return tokens / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public void Dispose()
    {
        _batch.Dispose();
        _context.Dispose();
        _pool?.Dispose();
        _model.Dispose();
    }
}
