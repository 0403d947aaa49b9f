using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Router.Api.Errors;
using Router.Api.Experts;

namespace Router.Api.Embeddings;

/// <summary>The expert itself embeds, through its actor: the router needs no model. Texts go in bounded batches; a long one is asked for until it is done.</summary>
internal sealed class ActorEmbedder(IExpertActors actors, TimeProvider time) : IEmbedder
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public async Task<IReadOnlyList<float[]>> EmbedAsync(ExpertPeer expert, IReadOnlyList<int[]> texts, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var vectors = new List<float[]>();
            foreach (var batch in Batches(texts))
                vectors.AddRange(await EmbedAsync(expert.Id, batch, either.Token));
            return vectors;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw ApiErrors.NoExperts($"The expert '{expert.Id}' did not embed the input within {Limit.TotalSeconds:0} s.");
        }
        catch (Exception fault) when (fault is ExpertUnreachableException or ArgumentException)
        {
            throw ApiErrors.NoExperts(fault.Message);
        }
    }

    private async Task<float[][]> EmbedAsync(ExpertId expert, IReadOnlyList<ReadOnlyMemory<int>> batch, CancellationToken cancellationToken)
    {
        var texts = EmbeddingCodec.Write(batch);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await actors.EmbedAsync(expert, texts, cancellationToken) is { Length: > 0 } vectors)
                return EmbeddingCodec.ReadVectors(vectors, batch.Count);
        }
    }

    private static IEnumerable<IReadOnlyList<ReadOnlyMemory<int>>> Batches(IReadOnlyList<int[]> texts)
    {
        var batch = new List<ReadOnlyMemory<int>>();
        var tokens = 0;
        foreach (var text in texts)
        {
            if (batch.Count == EmbeddingCodec.MostTexts || (batch.Count > 0 && tokens + text.Length > EmbeddingCodec.MostTokens))
            {
                yield return batch;
                (batch, tokens) = ([], 0);
            }
            batch.Add(text);
            tokens += text.Length;
        }
        yield return batch;
    }
}
