using Dapr.Workflow;
using Governance.Workflows.Ledger;
using Governance.Workflows.Overseeing;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Members;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;

namespace Governance.Workflows.Approval;

/// <summary>Once it is decided, or the time of the next look.</summary>
internal sealed class DecideActivity(Decider decider) : WorkflowActivity<string, Decision>
{
    public override Task<Decision> RunAsync(WorkflowActivityContext context, string hash) => decider.DecideAsync(hash, CancellationToken.None);
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
                .Where(m => Approvals.MayVote(m, proposal.Parties) && !proposal.Votes.ContainsKey(m.Name) || isEscalated && m.Has(Role.Admin))
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
