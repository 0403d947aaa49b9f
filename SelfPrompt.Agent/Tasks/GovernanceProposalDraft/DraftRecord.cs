using Mesh.Governance.Operations;
using SelfPrompt.Agent.Observing;

namespace SelfPrompt.Agent.Tasks.GovernanceProposalDraft;

/// <summary>What people made of earlier drafts: the kind's own measure of quality.</summary>
internal static class DraftRecord
{
    private const int MostRejected = 2;

    /// <summary>What a draft is about: drafts of one subject are the same one again.</summary>
    public static string? SubjectOf(Operation operation) => operation switch
    {
        SuggestText(var text) when text.StartsWith(Prefix, StringComparison.Ordinal) && text.IndexOf(':') is > 0 and var end => text[..end],
        RemoveExpert(var expert) => $"{Prefix}remove {expert}",
        _ => null,
    };

    /// <summary>What every drafted text begins with.</summary>
    public const string Prefix = "Draft, ";

    /// <summary>People said no to it often enough, or are asked already.</summary>
    public static bool IsUnwanted(MeshObservation seen, Operation operation)
    {
        var same = seen.Proposals.Where(p => SubjectOf(p.Operation) == SubjectOf(operation)).ToArray();
        return same.Any(p => p.Status is "open" or "deploying") || same.Count(p => p.Status == "rejected") >= MostRejected;
    }

    /// <summary>Share of the decided drafts that people accepted; of none, as likely as not.</summary>
    public static double AcceptedShare(MeshObservation seen)
    {
        var decided = seen.Proposals.Where(p => SubjectOf(p.Operation) is not null && p.Status is "approved" or "promoted" or "rejected" or "expired" or "undone").ToArray();
        return (1 + decided.Count(p => p.Status is "approved" or "promoted")) / (2.0 + decided.Length);
    }
}
