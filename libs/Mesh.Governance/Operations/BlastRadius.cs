using Mesh.Governance.Configurations;
using Mesh.Governance.Tiers;

namespace Mesh.Governance.Operations;

/// <summary>What a change can break, at most.</summary>
/// <param name="Experts">Names of the experts it is about; empty for none in particular.</param>
/// <param name="SessionsShare">Of the sessions that are answered otherwise once all have it; its canary has the policy's share.</param>
/// <param name="Nodes">Nodes that take the new version.</param>
/// <param name="Text">The same in a sentence.</param>
public sealed record BlastRadius(IReadOnlyList<string> Experts, double SessionsShare, int Nodes, string Text)
{
    internal static BlastRadius Of(Change change)
    {
        string[] experts = change.Operation switch
        {
            QuarantineExpert o => [o.Expert.Value],
            ReleaseExpert o => [o.Expert.Value],
            AdmitExpert o => [o.Spec.Id.Value],
            RemoveExpert o => [o.Expert.Value],
            _ => [],
        };
        var share = change.Before.Routing == change.After.Routing ? 0 : 1.0;
        var nodes = change.IsDeployed ? change.After.Nodes.Count : 0;
        var tried = TierTable.NeedsCanary(change.Operation) ? FormattableString.Invariant($"first {change.Before.Policy.CanaryShare:P1} of the sessions, then all") : "all sessions at once";
        return new(experts, share, nodes,
            !change.IsDeployed ? "Nothing that answers."
            : SecurityChanges.ReachOf(change.Operation) is { } callers ? $"{callers}, at all routers at once; {nodes} nodes."
            : share == 0 ? $"No session; {nodes} nodes take over who decides and by which rules."
            : $"{(experts.Length == 0 ? "Every mixture" : $"Mixtures with {string.Join(", ", experts)}")}: {tried}; {nodes} nodes.");
    }
}
