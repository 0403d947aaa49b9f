using Mesh.Contracts.Experts;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Sandboxing;
using SelfPrompt.Agent.Statistics;
using SelfPrompt.Agent.Tasks.Trials;

namespace SelfPrompt.Agent.Tasks.SecurityLogAnalysis;

/// <summary>Whether an expert knows less of texts than somebody who gives every token the same probability: a broken or hostile one, for no trained model does.</summary>
internal static class NoiseTest
{
    /// <summary>How much worse than uniform noise an expert is, nats a token; a mean above 0 is worse.</summary>
    public static async Task<Paired> OfAsync(ISandbox sandbox, string expert, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var uniform = Math.Log((await sandbox.TokenizeAsync(texts[0], cancellationToken)).VocabularySize);
        var losses = await TextTrial.LossesAsync(sandbox, texts, null, expert, cancellationToken);
        // The texts are the mesh's own, which every expert reads: one that has no score of some is away.
        return Paired.Of(losses.Append(uniform).All(double.IsFinite) ? [.. losses.Select(l => l - uniform)] : []);
    }

    /// <summary>Those that may be taken out: in the mixture now, with a name that is one.</summary>
    public static IEnumerable<ExpertId> Candidates(MeshObservation seen)
    {
        foreach (var expert in seen.Experts.Where(e => e.State == "ready"))
            if (ExpertId.TryParse(expert.Id, out var id) && !seen.Configuration.Routing.Experts.Quarantined.Contains(id))
                yield return id;
    }
}
