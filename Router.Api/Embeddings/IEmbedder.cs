using Mesh.Ensemble.Experts;

namespace Router.Api.Embeddings;

/// <summary>Turns tokens into vectors with an expert's model.</summary>
internal interface IEmbedder
{
    /// <summary>For each text the normalised mean of the model's final hidden states over its tokens.</summary>
    /// <param name="texts">Each of 1 to the expert's context length.</param>
    /// <exception cref="Errors.ApiException">503: the expert did not do it.</exception>
    Task<IReadOnlyList<float[]>> EmbedAsync(ExpertPeer expert, IReadOnlyList<int[]> texts, CancellationToken cancellationToken);
}
