using System.Text.Json;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Observations;
using Mesh.Governance.Acts;
using Mesh.Governance.Operations;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Sandboxing;
using SelfPrompt.Agent.Tasks.Trials;

namespace SelfPrompt.Agent.Tasks.GovernanceProposalDraft;

/// <summary>Experts that have next to no weight for the time that they take.</summary>
internal static class UselessExperts
{
    /// <summary>What the mixture may lose without one, nats a token: the upper end of the interval.</summary>
    public const double MostLoss = 0.02;

    private const double LeastShare = 0.01;     // of its part of the time
    private const long LeastAsked = 1000;

    /// <summary>Those that may be worth a look, each with its removal.</summary>
    public static IEnumerable<(ExpertUse Use, double Cost, Change Removal)> Of(MeshObservation seen)
    {
        var all = seen.Router.Experts.Sum(Time);
        foreach (var use in seen.Router.Experts.Where(e => e.Asked >= LeastAsked && seen.Experts.Any(s => s.Id == e.Expert && s.State == "ready")))
            if (Time(use) / all is var cost && use.Share < LeastShare * cost && Removal(use.Expert, seen) is { } removal)
                yield return (use, cost, removal);
    }

    /// <summary>Texts with all experts against texts without this one; a gain below 0 is what is lost.</summary>
    public static Task<Estimate> WithoutAsync(ISandbox sandbox, string expert, IReadOnlyList<string> texts, MeshObservation seen, CancellationToken cancellationToken)
    {
        var others = seen.Experts.Where(e => e.State == "ready" && e.Id != expert).Select(e => e.Id).ToArray();
        return TextTrial.CompareAsync(sandbox, texts, null, JsonSerializer.SerializeToElement(new Dictionary<string, string[]> { ["experts"] = others }), cancellationToken);
    }

    private static double Time(ExpertUse use) => use.Asked * use.P50;

    /// <summary>Null where governance would refuse it, or nobody would be left.</summary>
    private static Change? Removal(string expert, MeshObservation seen)
    {
        if (!ExpertId.TryParse(expert, out var id) || seen.Experts.Count(e => e.State == "ready") < 2)
            return null;
        try
        {
            return Change.Of(new RemoveExpert(id), seen.Configuration);
        }
        catch (ActRefusedException)
        {
            return null;
        }
    }
}
