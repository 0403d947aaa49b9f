using Dapr.Workflow;
using Governance.Workflows.Approval;
using Governance.Workflows.Ledger;
using Governance.Workflows.Overseeing;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Http;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;

namespace Governance.Workflows.Proposals;

/// <param name="Committed">A majority of witnesses has seen it.</param>
public sealed record ProposalReceipt(string Hash, Tier Tier, long Deadline, long Index, bool Committed, string? Workflow);

/// <summary>Takes proposals, votes and withdrawals. What is answered with success is committed; the workflow that carries it on is begun by its id, here or, if this process dies, by the overseer.</summary>
internal sealed class ProposalOffice(GovernanceLedger ledger, IMeshNode node, Decider decider, WorkflowStarter starter, DaprWorkflowClient workflows, ProposalViews views, GovernanceMeter meter, TimeProvider time)
{
    public async Task<ProposalReceipt> ProposeAsync(string note, CancellationToken cancellationToken)
    {
        var act = SignedAct.Parse<Proposal>(note);
        RequireRunning();
        var tier = TierTable.Of(act.Act.Operation).Tier;
        var recorded = await ledger.AppendAsync(EntryTypes.Proposal, EntryIds.Proposal(act.Hash), new(note, act.Hash, tier), GovernanceJson.Default.ProposalBody, cancellationToken);
        var proposal = ledger.State.Find(act.Hash);
        var due = starter.For(proposal);
        await starter.WithoutFailingAsync(() => starter.BeginAsync(proposal, cancellationToken));
        return new(act.Hash, tier, act.Act.Deadline, recorded.Index, true, due?.Id);
    }

    /// <exception cref="ActRefusedException">The vote does not count; it is recorded as refused.</exception>
    public async Task<ProposalView> VoteAsync(string hash, string note, CancellationToken cancellationToken)
    {
        var vote = SignedAct.Parse<Vote>(note);
        if (vote.Act.Proposal != hash)
            throw new ActRefusedException(ActCode.Invalid, "The vote is about another proposal.");
        var id = EntryIds.Vote(hash, vote.Act.Voter);
        try
        {
            // The id is the voter's: an entry that is there and says something else is another vote.
            if (await ledger.FindEntryAsync(id, cancellationToken) is { } earlier && earlier.Body.GetProperty("note").GetString() != note)
                throw new ActRefusedException(ActCode.DoubleVote, $"'{vote.Act.Voter}' has voted on it.");
            await ledger.AppendAsync(EntryTypes.Vote, id, new(note), GovernanceJson.Default.NoteBody, cancellationToken);
        }
        catch (ActRefusedException)
        {
            await RecordAsync(vote, cancellationToken);
            throw;
        }
        await CarryOnAsync(hash, vote.Act.Voter, cancellationToken);
        return views.Of(ledger.State, hash);
    }

    public async Task<ProposalView> WithdrawAsync(string hash, string note, CancellationToken cancellationToken)
    {
        var act = SignedAct.Parse<Withdrawal>(note);
        if (act.Act.Proposal != hash)
            throw new ActRefusedException(ActCode.Invalid, "The withdrawal is of another proposal.");
        await ledger.AppendAsync(EntryTypes.Withdrawal, EntryIds.Withdrawal(hash), new(note), GovernanceJson.Default.NoteBody, cancellationToken);
        await CarryOnAsync(hash, act.Act.Member, cancellationToken);
        return views.Of(ledger.State, hash);
    }

    /// <summary>What decides is decided in the answer already, and the workflow is told to go on.</summary>
    private async Task CarryOnAsync(string hash, string member, CancellationToken cancellationToken)
    {
        await starter.WithoutFailingAsync(() => decider.DecideAsync(hash, cancellationToken));
        await starter.WithoutFailingAsync(() => workflows.RaiseEventAsync(ApprovalWorkflow.IdOf(hash), ApprovalWorkflow.Voted, member, cancellationToken));
    }

    private void RequireRunning()
    {
        if (node.IsHalted)
            throw new ActRefusedException(ActCode.Halted, "The mesh is halted: nothing is proposed until two others resume it.");
    }

    /// <summary>A vote that does not count is written down the first time, so that an attempt leaves a trace; all are counted.</summary>
    private async Task RecordAsync(SignedAct<Vote> vote, CancellationToken cancellationToken)
    {
        if (ledger.State.Refuses(vote, time.GetUtcNow().ToUnixTimeMilliseconds()) is not { } refused)
            return;
        meter.OnVoteRefused(refused.Code);
        try
        {
            await ledger.AppendAsync(EntryTypes.VoteRefused, EntryIds.VoteRefused(vote.Act, refused.Code), new(vote.Note.ToString(), refused.Message), GovernanceJson.Default.RefusalBody, cancellationToken);
        }
        catch (Exception fault) when (fault is ActRefusedException or QuorumUnavailableException)
        {
            // It commits later, or there is nothing to record.
        }
    }
}
