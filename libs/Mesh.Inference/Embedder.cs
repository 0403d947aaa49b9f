using System.Numerics.Tensors;
using Mesh.Inference.Decoding;
using Mesh.Inference.Native;

namespace Mesh.Inference;

/// <summary>Mean-pooled, normalised embeddings in a context of their own, made when first asked for. One text at a time.</summary>
internal sealed class Embedder(ModelHandle model, int contextLength, int threads) : IDisposable
{
    private const int MeanPooling = 1;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private ContextHandle? _context;
    private BatchBuffer? _batch;

    public async Task<float[]> EmbedAsync(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => Embed(tokens.Span), cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _turn.Wait();
        _context?.Dispose();
        _batch?.Dispose();
    }

    private float[] Embed(ReadOnlySpan<int> tokens)
    {
        _context ??= Create();
        _batch ??= new(_context.BatchTokens);
        _context.Clear();
        _batch.Clear();
        for (var i = 0; i < tokens.Length; i++)
            _batch.Add(tokens[i], i, 0, output: true);
        if (_context.Decode(_batch.Native) is var result and not DecodeResult.Ok)
            throw new InvalidOperationException($"llama_decode answered {result}.");
        var mean = _context.SequenceEmbedding(0, model.EmbeddingLength).ToArray();
        var norm = TensorPrimitives.Norm<float>(mean);
        if (!float.IsFinite(norm))
            throw new InvalidOperationException("The model computed an embedding that is no number.");
        TensorPrimitives.Divide(mean, Math.Max(norm, float.Epsilon), mean);
        return mean;
    }

    private ContextHandle Create()
    {
        var parameters = ContextHandle.DefaultParams();
        parameters.Cells = parameters.BatchTokens = parameters.MicroBatchTokens = (uint)contextLength;
        parameters.Threads = parameters.BatchThreads = threads;
        parameters.Embeddings = 1;
        parameters.Pooling = MeanPooling;
        return ContextHandle.Create(model, parameters);
    }
}
