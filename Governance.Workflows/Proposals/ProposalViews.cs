using Governance.Workflows.Deployment;
using Mesh.Governance.Acts;
using Mesh.Governance.Canaries;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;

namespace Governance.Workflows.Proposals;

/// <param name="Choice">approve or reject.</param>
public sealed record VoteView(string Voter, VoteChoice Choice, string? Reason);

/// <summary>A change that a share of the sessions tries.</summary>
/// <param name="Sessions">Needed on either side.</param>
/// <param name="Reason">What the health gates say so far.</param>
public sealed record DeploymentView(double Share, int Sessions, ArmReport Control, ArmReport Candidate, Verdict Verdict, string Reason);

/// <summary>A proposal as people see it. Times are Unix seconds.</summary>
/// <param name="Revision">Grows with every change.</param>
/// <param name="Effective">An approval takes effect from then on.</param>
/// <param name="Voters">Who may vote.</param>
/// <param name="Outcome">Why it ended, or how far it is.</param>
/// <param name="Effect">Which nodes run what came of it.</param>
/// <param name="Diff">Against the newest configuration, while nothing is decided.</param>
public sealed record ProposalView(
    string Hash, long Revision, ProposalStatus Status, Tier Tier, Domain Domain, string Proposer, Operation Operation, string Reason, long Created, long Deadline, long Effective, long Index,
    int Needed, IReadOnlyList<string> Voters, IReadOnlyList<VoteView> Votes, string? Outcome, string? Effect, DeploymentView? Deployment, IReadOnlyList<FieldChange> Diff, BlastRadius? BlastRadius);

public sealed record ProposalList(IReadOnlyList<ProposalView> Proposals);

/// <summary>Makes views of proposals from the ledger's state.</summary>
internal sealed class ProposalViews(Trials trials, Revisions revisions)
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
            .. state.Proposals.Values.Where(p => (wanted is null || p.Status == wanted) && (waitingFor is null || IsWaiting(state, p, waitingFor)))
                .OrderByDescending(p => p.Index).Take(Math.Clamp(limit, 1, MostListed)).Select(p => Of(state, p)),
        ];
    }

    public ProposalView Of(GovernanceState state, string hash) => Of(state, state.Find(hash));

    private ProposalView Of(GovernanceState state, ProposalState proposal)
    {
        var act = proposal.Act;
        var change = ChangeOf(state, proposal);
        var deployment = Deployment(state, proposal);
        var mark = $"{proposal.Status} {proposal.Votes.Count} {proposal.Reason} {proposal.Effect} {deployment?.Control.Sessions} {deployment?.Candidate.Sessions} {deployment?.Reason}";
        return new(
            proposal.Hash, revisions.Of(proposal.Hash, mark), proposal.Status, proposal.Tier, TierTable.Of(act.Operation).Domain, act.Proposer, act.Operation, act.Reason,
            act.Created, act.Deadline, proposal.ReviewEnds / 1000, proposal.Index, state.Tally(proposal).Needed,
            [.. state.Configuration!.Members.Where(m => Approvals.MayVote(m, proposal.Parties)).Select(m => m.Name)],
            [.. proposal.Votes.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => new VoteView(v.Key, v.Value.Choice, v.Value.Reason))],
            proposal.Reason, proposal.Effect, deployment, change?.Diff ?? [], change?.BlastRadius);
    }

    private static bool IsWaiting(GovernanceState state, ProposalState proposal, string member) =>
        proposal.Status == ProposalStatus.Open && !proposal.Votes.ContainsKey(member) && state.Configuration!.Find(member) is { } voter && Approvals.MayVote(voter, proposal.Parties);

    private DeploymentView? Deployment(GovernanceState state, ProposalState proposal)
    {
        if (state.Configuration?.Canary is not { } canary || canary.Proposal != proposal.Hash)
            return null;
        var (report, judgement) = trials.Of(proposal.Hash);
        return new(canary.Share, state.Configuration.Policy.CanarySessions, report?.Control ?? ArmReport.Empty, report?.Candidate ?? ArmReport.Empty, judgement?.Verdict ?? Verdict.Wait, judgement?.Reason ?? "Nothing is measured yet.");
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
