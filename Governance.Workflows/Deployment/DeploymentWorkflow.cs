using System.Text.Json.Serialization;
using Dapr.Workflow;
using Mesh.Governance.Canaries;
using Mesh.Governance.State;

namespace Governance.Workflows.Deployment;

/// <param name="Look">How often the canary is judged.</param>
/// <param name="Started">When this run had come to the canary, once it has; one that goes on as a new run keeps it and begins no other.</param>
/// <param name="Seen">What the routers had counted by then.</param>
public sealed record DeploymentInput(
    string Proposal, TimeSpan Look, DateTime? Started = null, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Sighting>? Seen = null);

/// <summary>
/// Brings an approved change to the mesh: dry run, canary, health gates, then all of it or nothing. Every step is an entry of the ledger by its own id, so that a
/// repeated one does nothing.
/// </summary>
internal sealed class DeploymentWorkflow : Workflow<DeploymentInput, string>
{
    private const int LooksPerHistory = 100;

    public static string IdOf(string proposal) => $"deployment-{proposal}";

    public override async Task<string> RunAsync(WorkflowContext context, DeploymentInput input)
    {
        var (started, seen) = (input.Started, input.Seen);
        if (started is null)
        {
            // 1. Dry run: the change is applied to the newest configuration, on paper.
            var plan = await context.CallActivityAsync<Plan>(nameof(DryRunActivity), input.Proposal, Steps.Retry);
            if (plan.Refusal is { } refusal)
                return await EndAsync(context, input, Stage.Undone, refusal);
            // 2. Whom a canary cannot tell apart (members, nodes, policy) is changed at once.
            if (!plan.HasCanary)
                return await EndAsync(context, input, Stage.Promoted, "There is nothing that a canary could measure.");
            // 3. Canary: a share of the sessions.
            started = context.CurrentUtcDateTime;
            var begun = await context.CallActivityAsync<string?>(nameof(CanaryActivity), input.Proposal, Steps.Retry);
            if (begun is { } refused)
                return await EndAsync(context, input, Stage.Undone, refused);
        }
        // 4. Health gates on what both sides were measured to do.
        for (var look = 0; look < LooksPerHistory; look++)
        {
            await context.CreateTimer(input.Look);
            var judgement = await context.CallActivityAsync<Look>(nameof(JudgeActivity), new Trial(input.Proposal, context.CurrentUtcDateTime - started.Value, seen), Steps.Retry);
            seen = judgement.Seen;
            // 5. Promote, or undo exactly.
            if (judgement.Verdict != Verdict.Wait)
                return await EndAsync(context, input, judgement.Verdict == Verdict.Pass ? Stage.Promoted : Stage.Undone, judgement.Reason);
        }
        context.ContinueAsNew(input with { Started = started, Seen = seen });
        return "";
    }

    private static async Task<string> EndAsync(WorkflowContext context, DeploymentInput input, Stage stage, string reason)
    {
        var end = await context.CallActivityAsync<DeploymentEnd>(nameof(EndActivity), new Ending(input.Proposal, stage, reason), Steps.Retry);
        // 6. See that every node runs it.
        if (end != DeploymentEnd.Failed)
            await context.CallActivityAsync<bool>(nameof(EffectActivity), input.Proposal, Steps.Retry);
        return end.ToString().ToLowerInvariant();
    }
}

public enum DeploymentEnd
{
    Promoted,
    Undone,
    Failed,
}
