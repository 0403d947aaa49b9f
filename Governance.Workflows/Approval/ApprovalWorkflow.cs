using Dapr.Workflow;
using Microsoft.Extensions.Logging;

namespace Governance.Workflows.Approval;

/// <param name="Proposal">64 hex digits.</param>
/// <param name="Reminder">How long it waits for a vote before it reminds those who may give one.</param>
/// <param name="Reminders">Reminders there were before this run of the workflow went on as a new one.</param>
public sealed record ApprovalInput(string Proposal, TimeSpan Reminder, int Reminders = 0);

/// <summary>
/// Waits until a proposal is decided. Votes are entries of the ledger before this workflow hears of them, and the ledger's rules decide: it wakes, asks, and waits on. A lost event
/// costs one reminder's time, nothing else.
/// </summary>
internal sealed partial class ApprovalWorkflow : Workflow<ApprovalInput, string>
{
    public const string Voted = "voted";
    private const int RoundsPerHistory = 100;

    public static string IdOf(string proposal) => $"approval-{proposal}";

    public override async Task<string> RunAsync(WorkflowContext context, ApprovalInput input)
    {
        var reminders = input.Reminders;
        // 1. Tell who is waited for.
        if (reminders == 0)
            await context.CallActivityAsync<bool>(nameof(RemindActivity), new Reminding(input.Proposal, reminders), Steps.Retry);
        for (var round = 0; round < RoundsPerHistory; round++)
        {
            // 2. Ask whether it is decided now; an approval that waits for its review says when to ask again.
            var decision = await context.CallActivityAsync<Decision>(nameof(DecideActivity), input.Proposal, Steps.Retry);
            if (decision.Outcome is { } outcome)
            {
                // 3. Hand an approved one on.
                await context.CallActivityAsync<bool>(nameof(BeginActivity), input.Proposal, Steps.Retry);
                return outcome;
            }
            // 4. Wait for a vote, the review's end, the deadline or the next reminder.
            var wait = Least(input.Reminder, decision.LookAgain);
            try
            {
                await context.WaitForExternalEventAsync<string>(Voted, wait);
            }
            catch (TaskCanceledException)
            {
                if (wait == input.Reminder)
                    await context.CallActivityAsync<bool>(nameof(RemindActivity), new Reminding(input.Proposal, ++reminders), Steps.Retry);
            }
        }
        context.ContinueAsNew(input with { Reminders = Math.Max(1, reminders) });
        return "";
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan? b) => b is { } other && other < a ? other : a;
}
