using Dapr.Workflow;
using Governance.Workflows.Ledger;
using Governance.Workflows.Overseeing;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Members;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;

namespace Governance.Workflows.Approval;

/// <param name="Outcome">Null while it is open.</param>
/// <param name="LookAgain">When there may be a decision without another vote: a review or the deadline ends.</param>
public sealed record Decision(string? Outcome, TimeSpan? LookAgain = null);

/// <summary>Asks the ledger's rules, and writes down what they say. An entry's id makes the second decision the first one.</summary>
internal sealed class DecideActivity(GovernanceLedger ledger, TimeProvider time) : WorkflowActivity<string, Decision>
{
    /// <summary>The ledger's time and this one are read one after the other.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    public override async Task<Decision> RunAsync(WorkflowActivityContext context, string hash)
    {
        var state = await ledger.RefreshAsync(CancellationToken.None);
        var proposal = state.Find(hash);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (proposal.IsDecided)
            return Ended(proposal);
        if (state.OutcomeAt(proposal, now) is { } outcome)
        {
            try
            {
                var tally = state.Tally(proposal);
                await ledger.AppendAsync(EntryTypes.Decision, EntryIds.Decision(hash), new(hash, outcome, $"{tally.Approved} of {tally.Needed} approvals, {tally.Rejected} rejections."),
                    GovernanceJson.Default.DecisionBody, CancellationToken.None);
                return Ended(ledger.State.Find(hash));
            }
            catch (ActRefusedException refused) when (refused.Code is ActCode.TooEarly or ActCode.NotApproved or ActCode.Conflict)
            {
                return new(null, Moment);
            }
        }
        var next = proposal.ReviewEnds > now ? Math.Min(proposal.ReviewEnds, proposal.Deadline) : proposal.Deadline;
        return new(null, TimeSpan.FromMilliseconds(Math.Max(0, next - now)) + Moment);
    }

    private static Decision Ended(ProposalState proposal) => new(proposal.Status.ToString().ToLowerInvariant());
}

/// <param name="Count">How often they were reminded before.</param>
public sealed record Reminding(string Proposal, int Count);

/// <summary>Says who is waited for, in the log and on the topic <c>governance-reminders</c>; from the third time on it names the admins too.</summary>
internal sealed partial class RemindActivity(GovernanceLedger ledger, Announcements announcements, ILogger<RemindActivity> log) : WorkflowActivity<Reminding, bool>
{
    private const int Patience = 3;

    public override async Task<bool> RunAsync(WorkflowActivityContext context, Reminding input)
    {
        var state = ledger.State;
        if (!state.Proposals.TryGetValue(input.Proposal, out var proposal) || proposal.Status != ProposalStatus.Open)
            return false;
        var isEscalated = input.Count >= Patience;
        string[] waiting =
        [
            .. state.Configuration!.Members
                .Where(m => Approvals.MayVote(m, proposal.Act.Proposer) && !proposal.Votes.ContainsKey(m.Name) || isEscalated && m.Has(Role.Admin))
                .Select(m => m.Name),
        ];
        LogWaiting(input.Proposal, proposal.Tier, proposal.Act.Proposer, string.Join(", ", waiting));
        await announcements.RemindAsync(input.Proposal, waiting, isEscalated, CancellationToken.None);
        return true;
    }

    [LoggerMessage(LogLevel.Information, "Proposal {Proposal} ({Tier}, by {Proposer}) waits for {Members}.")]
    private partial void LogWaiting(string proposal, Tier tier, string proposer, string members);
}

/// <summary>Begins what follows from an approval; its own id makes a second beginning none.</summary>
internal sealed class BeginActivity(GovernanceLedger ledger, WorkflowStarter starter) : WorkflowActivity<string, bool>
{
    public override async Task<bool> RunAsync(WorkflowActivityContext context, string hash) =>
        await starter.BeginAsync(ledger.State.Find(hash), CancellationToken.None);
}
