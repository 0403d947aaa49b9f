using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Texts;

namespace SelfPrompt.Agent.Tasks.GovernanceProposalDraft;

/// <summary>What only people can mend, as texts for them. A text begins with its subject, up to a colon.</summary>
internal static class Gaps
{
    private const int LeastComplaints = 5;
    private const int LeastLetters = 8;     // "bad" five times says nothing to act on
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    public static IEnumerable<string> Of(MeshObservation seen) => [.. Approvers(seen.Configuration), .. Offline(seen), .. Complaints(seen)];

    /// <summary>One beside those that a minor change needs, so that one who is away or proposed it does not stop everything.</summary>
    private static IEnumerable<string> Approvers(MeshConfiguration configuration)
    {
        var (there, needed) = (configuration.Members.Count(m => m.Has(Role.Approver)), configuration.Policy.MinorApprovals + 1);
        if (there < needed)
            yield return $"{DraftRecord.Prefix}too few approvers: {there} members may vote, and a minor change needs {configuration.Policy.MinorApprovals} who did not propose it. With {needed} one of them can be away. Consider add_member or set_roles.";
        foreach (var gap in Governability.Gaps(configuration.Members))
            yield return $"{DraftRecord.Prefix}a gap in who governs: {gap}";
    }

    private static IEnumerable<string> Offline(MeshObservation seen)
    {
        var window = seen.Router.To - seen.Router.From;
        if (window < Long)
            return [];
        var asked = seen.Router.Experts.Where(e => e.Asked > 0).Select(e => e.Expert).ToHashSet();
        return seen.Experts.Where(e => e.State is "offline" or "unreachable" or "refused" && !asked.Contains(e.Id)).Select(e => FormattableString.Invariant(
            $"{DraftRecord.Prefix}the expert {Quote.Of(e.Id)} is away: it is {e.State}, and was asked nothing in the {window.TotalHours:0.#} hours that were watched. Bring its worker back, or consider remove_expert."));
    }

    /// <summary>The same words of several answers, whatever their case and signs.</summary>
    private static IEnumerable<string> Complaints(MeshObservation seen) => seen.Router.Feedback.Where(f => !f.Up && f.Comment is not null)
        .GroupBy(f => string.Concat(f.Comment!.ToLowerInvariant().Where(char.IsLetterOrDigit)), StringComparer.Ordinal)
        .Select(g => (Words: g.Key, First: g.First(), Answers: g.Select(f => f.Completion).Distinct().Count()))
        .Where(c => c.Words.Length >= LeastLetters && c.Answers >= LeastComplaints)
        .OrderByDescending(c => c.Answers).ThenBy(c => c.Words, StringComparer.Ordinal).Take(1)
        .Select(c => $"{DraftRecord.Prefix}a complaint that repeats: {c.Answers} answers were called bad in the same words, {Quote.Of(c.First.Comment)}.");
}
