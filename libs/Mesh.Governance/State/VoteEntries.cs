using Mesh.Governance.Acts;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Entries;
using static Mesh.Governance.State.EntryReading;

namespace Mesh.Governance.State;

/// <summary>Votes, and the record of those that did not count.</summary>
internal static class VoteEntries
{
    public static GovernanceState Vote(GovernanceState state, LedgerEntry entry)
    {
        var signed = SignedAct.Parse<Vote>(entry.Read(GovernanceJson.Default.NoteBody).Note);
        var act = signed.Act;
        // The id names the proposal that the vote was handed in for: one that was signed for another has another id.
        entry.RequireId(EntryIds.Vote(act.Proposal, act.Voter));
        var (proposal, key) = Check(state, signed, entry.Time);
        return state.With(proposal with { Votes = proposal.Votes.Add(act.Voter, new(act.Choice, key, act.Reason)) });
    }

    /// <summary>Only a vote that does not count can be recorded as refused.</summary>
    public static GovernanceState Refuse(GovernanceState state, LedgerEntry entry)
    {
        var body = entry.Read(GovernanceJson.Default.RefusalBody);
        entry.RequireId(EntryIds.VoteRefused(body.Note));
        Require(body.Reason.Length <= 4000, ActCode.TooLarge, "A reason has at most 4000 characters.");
        var signed = SignedAct.Parse<Vote>(body.Note);
        try
        {
            Check(state, signed, entry.Time);
        }
        catch (ActRefusedException refused)
        {
            var refusals = state.Refusals.Add(new(state.Size, signed.Act.Proposal, signed.Act.Voter, refused.Code, refused.Message));
            return state with { Refusals = refusals.Count > GovernanceState.MostRefusals ? refusals.RemoveAt(0) : refusals };
        }
        throw new ActRefusedException(ActCode.Conflict, "This vote counts; it cannot be refused.");
    }

    /// <returns>What it is about, and the key that signed it.</returns>
    private static (ProposalState Proposal, string Key) Check(GovernanceState state, SignedAct<Vote> signed, long time)
    {
        var configuration = state.Governed;
        var act = signed.Of(configuration).Act;
        var proposal = state.Find(act.Proposal);
        var voter = signed.SignedBy(act.Voter, configuration);
        Require(voter.Name != proposal.Act.Proposer, ActCode.OwnProposal, "Nobody votes on what they proposed.");
        Require(Approvals.MayVote(voter, proposal.Act.Proposer), ActCode.WrongRole, $"'{voter.Name}' is no approver.");
        Require(act.Deadline == proposal.Act.Deadline, ActCode.Invalid, "The vote names another deadline than the proposal.");
        Require(!proposal.Votes.ContainsKey(voter.Name), ActCode.DoubleVote, $"'{voter.Name}' has voted on it.");
        Require(proposal.Status == ProposalStatus.Open, ActCode.Late, $"The proposal is {proposal.Status.ToString().ToLowerInvariant()}.");
        Require(time < proposal.Deadline, ActCode.Late, "The deadline is over.");
        return (proposal, voter.Key);
    }
}
