using Mesh.Ensemble.Experts;

namespace Router.Api.Embeddings;

/// <summary>Turns tokens into vectors with an expert's model.</summary>
internal interface IEmbedder
{
    /// <summary>The normalised mean of the model's final hidden states over the tokens.</summary>
    /// <param name="tokens">1 to the expert's context length.</param>
    /// <exception cref="Errors.ApiException">503: the model cannot be used for this here.</exception>
    Task<float[]> EmbedAsync(ExpertPeer expert, ReadOnlyMemory<int> tokens, CancellationToken cancellationToken);
}
