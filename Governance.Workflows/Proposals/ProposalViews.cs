using System.Globalization;
using System.Text.Json;
using Governance.Workflows.Deployment;
using Mesh.Governance.Acts;
using Mesh.Governance.Canaries;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;

namespace Governance.Workflows.Proposals;

/// <param name="Choice">approve or reject.</param>
public sealed record VoteView(string Voter, VoteChoice Choice, string? Reason);

/// <param name="Share">Of the sessions.</param>
/// <param name="Control">Sessions measured on either side, of <paramref name="Needed"/> each.</param>
/// <param name="Finding">What the health gates say so far.</param>
public sealed record CanaryView(double Share, long Control, long Candidate, int Needed, string? Finding);

/// <summary>A proposal as people see it.</summary>
/// <param name="Revision">Another one after every change.</param>
/// <param name="Diff">Against the newest configuration, while nothing is decided.</param>
/// <param name="WaitingFor">Members who may vote and have not.</param>
public sealed record ProposalView(
    string Hash, string Revision, ProposalStatus Status, Tier Tier, Domain Domain, string Proposer, Operation Operation, string Reason, long Created, long Deadline, long ReviewEnds, long Index,
    IReadOnlyList<VoteView> Votes, int Needed, int Approved, int Rejected, IReadOnlyList<string> WaitingFor, string? Result, CanaryView? Canary,
    IReadOnlyList<FieldChange> Diff, BlastRadius? BlastRadius);

/// <summary>Makes views of proposals from the ledger's state.</summary>
internal sealed class ProposalViews(Trials trials)
{
    /// <summary>How often a held-back answer looks for news.</summary>
    public static TimeSpan Period { get; } = TimeSpan.FromMilliseconds(250);
    private const int MostListed = 500;

    public IReadOnlyList<ProposalView> List(GovernanceState state, string? status, string? waitingFor, int limit)
    {
        var wanted = status is null ? (ProposalStatus?)null
            : Enum.TryParse<ProposalStatus>(status, ignoreCase: true, out var parsed) && !int.TryParse(status, out _) ? parsed
            : throw new ActRefusedException(ActCode.Invalid, $"There is no status '{status}': use {string.Join(", ", Enum.GetNames<ProposalStatus>()).ToLowerInvariant()}.");
        return
        [
            .. state.Proposals.Values.Where(p => (wanted is null || p.Status == wanted) && (waitingFor is null || WaitingFor(state, p).Contains(waitingFor)))
                .OrderByDescending(p => p.Index).Take(Math.Clamp(limit, 1, MostListed)).Select(p => Of(state, p)),
        ];
    }

    public ProposalView Of(GovernanceState state, string hash) => Of(state, state.Find(hash));

    private ProposalView Of(GovernanceState state, ProposalState proposal)
    {
        var act = proposal.Act;
        var tally = state.Tally(proposal);
        var canary = Canary(state, proposal);
        var change = ChangeOf(state, proposal);
        var revision = string.Create(CultureInfo.InvariantCulture, $"{proposal.Status}-{proposal.Votes.Count}-{proposal.Reason?.Length ?? 0}-{canary?.Control ?? 0}-{canary?.Candidate ?? 0}");
        return new(
            proposal.Hash, revision, proposal.Status, proposal.Tier, TierTable.Of(act.Operation).Domain, act.Proposer, act.Operation, act.Reason, act.Created, act.Deadline, proposal.ReviewEnds / 1000, proposal.Index,
            [.. proposal.Votes.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => new VoteView(v.Key, v.Value.Choice, v.Value.Reason))],
            tally.Needed, tally.Approved, tally.Rejected, WaitingFor(state, proposal), proposal.Reason, canary, change?.Diff ?? [], change?.BlastRadius);
    }

    private static string[] WaitingFor(GovernanceState state, ProposalState proposal) => proposal.Status != ProposalStatus.Open ? [] :
        [.. state.Configuration!.Members.Where(m => Approvals.MayVote(m, proposal.Act.Proposer) && !proposal.Votes.ContainsKey(m.Name)).Select(m => m.Name)];

    private CanaryView? Canary(GovernanceState state, ProposalState proposal)
    {
        if (state.Configuration?.Canary is not { } canary || canary.Proposal != proposal.Hash)
            return null;
        var (report, judgement) = trials.Of(proposal.Hash);
        return new(canary.Share, report?.Control.Sessions ?? 0, report?.Candidate.Sessions ?? 0, state.Configuration.Policy.CanarySessions, judgement?.Reason);
    }

    private static Change? ChangeOf(GovernanceState state, ProposalState proposal)
    {
        if (state.History.FirstOrDefault(c => c.Proposal == proposal.Hash) is { } applied)
            return new(applied.Operation, applied.Before, applied.After);
        if (proposal.IsClosed)
            return null;
        try
        {
            return Change.Of(proposal.Act.Operation, state.Configuration!);
        }
        catch (ActRefusedException)
        {
            return null;   // what is configured by now leaves nothing to change, or does not allow it
        }
    }
}
