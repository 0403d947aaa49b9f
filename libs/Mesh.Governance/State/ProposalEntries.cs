using Mesh.Governance.Acts;
using Mesh.Governance.Operations;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Entries;
using static Mesh.Governance.State.EntryReading;

namespace Mesh.Governance.State;

/// <summary>A proposal's way: proposed, withdrawn or decided, reported on.</summary>
internal static class ProposalEntries
{
    private const int MostSummary = 4000;

    public static GovernanceState Propose(GovernanceState state, LedgerEntry entry)
    {
        var configuration = state.Governed;
        var body = entry.Read(GovernanceJson.Default.ProposalBody);
        var signed = SignedAct.Parse<Proposal>(body.Note).Of(configuration);
        var act = signed.Act;
        entry.RequireId(EntryIds.Proposal(signed.Hash));
        Require(!state.Proposals.ContainsKey(signed.Hash), ActCode.Conflict, "This proposal is there already.");
        Require(state.Unfinished.Count < GovernanceState.MostUnfinished, ActCode.TooLarge, $"{GovernanceState.MostUnfinished} proposals wait; withdraw some.");

        var proposer = signed.SignedBy(act.Proposer, configuration);
        var row = TierTable.Of(act.Operation);
        Require(row.MayPropose(proposer), ActCode.WrongRole, $"'{proposer.Name}' may not propose this: it takes the role {string.Join(" or ", row.Proposers).ToLowerInvariant()}.");
        Require(body.Hash == signed.Hash && body.Tier == row.Tier, ActCode.Invalid, $"The hash of this proposal is {signed.Hash} and its tier {row.Tier}.");
        SignedAct.CheckNotAhead<Proposal>(act.Created, entry.Time / 1000.0);
        Require(entry.Time < act.Deadline * 1000, ActCode.Late, "The deadline of this proposal is over.");
        state.RequireWritable(act.Operation);
        if (row.Tier == Tier.SandboxTest)
            state.RequireRunning();
        if (act.Operation is LiftDomain lift)
            Require(state.Locked.ContainsKey(lift.Domain), ActCode.Invalid, "That domain is not read-only.");
        _ = Change.Of(act.Operation, configuration);
        state.RequireOwnKey(act.Operation);

        var review = row.Tier == Tier.DeployMajor ? (long)Math.Ceiling(configuration.Policy.MajorReviewSeconds * 1000) : 0;
        var proposal = new ProposalState(signed.Hash, act, row.Tier, new(proposer.Name, proposer.PublicKey, MemberChanges.SubjectOf(act.Operation)), state.Size, entry.Time, Math.Max(act.Created * 1000, entry.Time) + review) { Note = body.Note };
        var tally = state.Tally(proposal);
        Require(!tally.IsHopeless, ActCode.NotApproved, $"Nobody could approve this: it takes {tally.Needed} approvers who did not propose it and whom it is not about, and there are {tally.Voters}.");
        return state.With(tally.Needed == 0 ? proposal with { Status = ProposalStatus.Approved, IsDecided = true } : proposal);
    }

    public static GovernanceState Withdraw(GovernanceState state, LedgerEntry entry)
    {
        var signed = SignedAct.Parse<Withdrawal>(entry.Read(GovernanceJson.Default.NoteBody).Note).Of(state.Governed);
        var proposal = state.Find(signed.Act.Proposal);
        entry.RequireId(EntryIds.Withdrawal(proposal.Hash));
        signed.SignedBy(signed.Act.Member, state.Governed);
        Require(signed.Act.Member == proposal.Act.Proposer, ActCode.WrongRole, $"Only '{proposal.Act.Proposer}' can withdraw what they proposed.");
        // Else a proposer could escape that a rejection makes the domain read-only.
        var isOpen = proposal.Status == ProposalStatus.Open && state.Tally(proposal).Standing != Standing.Rejected;
        Require(isOpen || proposal is { Status: ProposalStatus.Approved, IsClosed: false }, ActCode.Late, $"It is {proposal.Status.ToString().ToLowerInvariant()}: what is rejected, tried or done is not withdrawn.");
        return state.With(proposal with { Status = ProposalStatus.Withdrawn });
    }

    public static GovernanceState Decide(GovernanceState state, LedgerEntry entry)
    {
        var body = entry.Read(GovernanceJson.Default.DecisionBody);
        var proposal = state.Find(body.Proposal);
        entry.RequireId(EntryIds.Decision(proposal.Hash));
        Require(body.Reason is null or { Length: <= MostSummary }, ActCode.TooLarge, $"A reason has at most {MostSummary} characters.");
        Require(!proposal.IsDecided, ActCode.Conflict, "It is decided already.");
        if (state.OutcomeAt(proposal, entry.Time) != body.Outcome)
            throw Premature(state, proposal, body.Outcome, entry.Time);
        if (body.Outcome == Outcome.Rejected && proposal.Tier == Tier.DeployMajor && TierTable.Of(proposal.Act.Operation).Domain is not Domain.None and var domain)
            state = state with { Locked = state.Locked.SetItem(domain, proposal.Hash) };
        return state.With(proposal with { Status = StatusOf(body.Outcome), Reason = body.Reason, IsDecided = true });
    }

    public static GovernanceState Report(GovernanceState state, LedgerEntry entry)
    {
        var body = entry.Read(GovernanceJson.Default.ReportBody);
        Require(body.Summary.Length <= MostSummary, ActCode.TooLarge, $"A summary has at most {MostSummary} characters; longer ones are artifacts.");
        Require(body.Artifact is null || SignedAct.IsHash(body.Artifact), ActCode.Invalid, "An artifact is named by its SHA-256, 64 lower hex digits.");
        Require((body.Proposal is null) != (body.Halt is null), ActCode.Invalid, "A report is about a proposal or a halt.");
        Require(entry.Id.StartsWith(EntryIds.Report(body.Proposal ?? body.Halt!, ""), StringComparison.Ordinal), ActCode.Invalid, "The id of a report is 'report/', what it is about, and its step.");
        if (body.Halt is not null)
        {
            Require(state.Halts.ContainsKey(body.Halt) || state.EndedHalts.Contains(body.Halt), ActCode.NotFound, $"There is no halt {body.Halt}.");
            return state;
        }
        var proposal = state.Find(body.Proposal!);
        if (!body.Failed)
            return state.With(entry.Id == EntryIds.Report(body.Proposal!, EntryIds.EffectStep) ? proposal with { Effect = body.Summary } : proposal with { Reason = body.Summary });
        Require(proposal.Status == ProposalStatus.Approved, ActCode.Conflict, "Only what is approved, and not being tried or promoted, can have failed.");
        return state.With(proposal with { Status = ProposalStatus.Failed, Reason = body.Summary });
    }

    private static ProposalStatus StatusOf(Outcome outcome) => outcome switch
    {
        Outcome.Approved => ProposalStatus.Approved,
        Outcome.Rejected => ProposalStatus.Rejected,
        Outcome.Expired => ProposalStatus.Expired,
        _ => ProposalStatus.Withdrawn,
    };

    /// <summary>Why an outcome does not hold.</summary>
    private static ActRefusedException Premature(GovernanceState state, ProposalState proposal, Outcome outcome, long time)
    {
        var tally = state.Tally(proposal);
        var isInTime = time < proposal.Deadline || proposal.InTime == Standing.Approved;
        if (outcome == Outcome.Approved && tally.Standing == Standing.Approved && isInTime && proposal.Status == ProposalStatus.Open)
        {
            state.RequireWritable(proposal.Act.Operation);
            return new(ActCode.TooEarly, $"Its review ends in {(proposal.ReviewEnds - time) / 1000.0:0.###} s.");
        }
        return outcome == Outcome.Expired && time < proposal.Deadline
            ? new(ActCode.TooEarly, "Its deadline is not over.")
            : new(ActCode.NotApproved, $"It is not {outcome.ToString().ToLowerInvariant()}: {tally.Approved} of {tally.Needed} approvals, {tally.Rejected} rejections, {tally.Voters} voters{(time < proposal.Deadline ? "" : "; its deadline is over, and what changed since does not count")}.");
    }
}
