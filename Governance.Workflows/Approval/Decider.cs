using Governance.Workflows.Ledger;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.State;

namespace Governance.Workflows.Approval;

/// <param name="Outcome">Null while it is open.</param>
/// <param name="LookAgain">When there may be a decision without another vote: a review or the deadline ends.</param>
public sealed record Decision(string? Outcome, TimeSpan? LookAgain = null);

/// <summary>Asks the ledger's rules, and writes down what they say. The entry's id makes the second decision the first one, whoever wrote it.</summary>
internal sealed class Decider(GovernanceLedger ledger, TimeProvider time)
{
    /// <summary>The ledger's time and this one are read one after the other.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    public async Task<Decision> DecideAsync(string hash, CancellationToken cancellationToken)
    {
        var state = await ledger.RefreshAsync(cancellationToken);
        var proposal = state.Find(hash);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (proposal.IsDecided)
            return Ended(proposal);
        if (state.OutcomeAt(proposal, now) is { } outcome)
        {
            try
            {
                var tally = state.Tally(proposal);
                await ledger.AppendAsync(
                    EntryTypes.Decision, EntryIds.Decision(hash), new(hash, outcome, $"{tally.Approved} of {tally.Needed} approvals, {tally.Rejected} rejections."), GovernanceJson.Default.DecisionBody, cancellationToken);
                return Ended(ledger.State.Find(hash));
            }
            catch (ActRefusedException refused) when (refused.Code is ActCode.TooEarly or ActCode.NotApproved or ActCode.Conflict)
            {
                return new(null, Moment);
            }
        }
        return new(null, TimeSpan.FromMilliseconds((GovernanceState.NextLook(proposal, now) ?? now) - now) + Moment);
    }

    private static Decision Ended(ProposalState proposal) => new(proposal.Status.ToString().ToLowerInvariant());
}
