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
        proposal = proposal with { Votes = proposal.Votes.Add(act.Voter, new(act.Choice, key, act.Reason)) };
        return state.With(proposal with { InTime = state.Tally(proposal).Standing });
    }

    /// <summary>
    /// Only a vote that does not count can be recorded as refused, once for each proposal, voter and reason: anybody can make up any number of votes. Those on nothing, or of nobody, are not recorded.
    /// </summary>
    public static GovernanceState Refuse(GovernanceState state, LedgerEntry entry)
    {
        var body = entry.Read(GovernanceJson.Default.RefusalBody);
        Require(body.Reason.Length <= 4000, ActCode.TooLarge, "A reason has at most 4000 characters.");
        var signed = SignedAct.Parse<Vote>(body.Note);
        var refused = Refuses(state, signed, entry.Time) ?? throw new ActRefusedException(ActCode.Conflict, "This vote counts; it cannot be refused.");
        if (!IsRecorded(refused))
            throw refused;
        entry.RequireId(EntryIds.VoteRefused(signed.Act, refused.Code));
        var refusals = state.Refusals.Add(new(state.Size, signed.Act.Proposal, signed.Act.Voter, refused.Code, refused.Message));
        return state with { Refusals = refusals.Count > GovernanceState.MostRefusals ? refusals.RemoveAt(0) : refusals };
    }

    /// <summary>Whether a vote that is refused so is one on a proposal and of a member, or in a member's name.</summary>
    public static bool IsRecorded(ActRefusedException refused) => refused.Code is not (ActCode.NotFound or ActCode.UnknownMember);

    public static ActRefusedException? Refuses(GovernanceState state, SignedAct<Vote> signed, long time)
    {
        try
        {
            Check(state, signed, time);
            return null;
        }
        catch (ActRefusedException refused)
        {
            return refused;
        }
    }

    /// <returns>What it is about, and the key that signed it.</returns>
    private static (ProposalState Proposal, string Key) Check(GovernanceState state, SignedAct<Vote> signed, long time)
    {
        var configuration = state.Governed;
        var act = signed.Act;
        var proposal = state.Find(act.Proposal);
        // Before all else that is said of it: what is refused for another reason was signed by its voter.
        var voter = signed.SignedBy(act.Voter, configuration);
        signed.Of(configuration);
        Require(!proposal.Parties.Include(voter), ActCode.OwnProposal, "Nobody votes on what they proposed, by whatever name, nor on their own membership, roles or key.");
        Require(Approvals.MayVote(voter, proposal.Parties), ActCode.WrongRole, $"'{voter.Name}' is no approver.");
        Require(act.Deadline == proposal.Act.Deadline, ActCode.Invalid, "The vote names another deadline than the proposal.");
        Require(!proposal.Votes.ContainsKey(voter.Name), ActCode.DoubleVote, $"'{voter.Name}' has voted on it.");
        Require(proposal.Status == ProposalStatus.Open, ActCode.Late, $"The proposal is {proposal.Status.ToString().ToLowerInvariant()}.");
        Require(time < proposal.Deadline, ActCode.Late, "The deadline is over.");
        return (proposal, voter.Key);
    }
}
