using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Router.Api.Errors;
using Router.Api.Governance.Routing;

namespace Router.Api.Embeddings;

/// <summary>Whose vectors a request gets, and what it may ask of it.</summary>
internal static class EmbeddingExpert
{
    private static readonly ExpertId Generalist = ExpertId.Parse("generalist");

    /// <summary>The one that was named; for the mixture the generalist, or the first there is: vectors of different models cannot be mixed.</summary>
    public static ExpertPeer Choose(ExpertId? only, MeshSessions sessions)
    {
        var peers = sessions.Peek(only, null).Peers.ToList();
        return peers.FirstOrDefault(p => p.Id == (only ?? Generalist)) ?? (only is null ? peers.FirstOrDefault() : null) ?? throw ApiErrors.NoExperts("No expert is ready.");
    }

    /// <exception cref="ApiException">A text is empty or does not fit its context.</exception>
    public static void Check(ExpertPeer expert, IEnumerable<int[]> texts, string parameter)
    {
        foreach (var text in texts)
            if (text.Length == 0)
                throw ApiErrors.Invalid(parameter, $"Invalid '{parameter}': it has no tokens.", "empty_input");
            else if (text.Length > expert.Card.ContextLength)
                throw ApiErrors.ContextLength(parameter, text.Length, expert.Card.ContextLength);
    }
}
