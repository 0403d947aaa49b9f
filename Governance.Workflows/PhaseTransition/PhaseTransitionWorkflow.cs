using Dapr.Workflow;
using Governance.Workflows.Deployment;
using Governance.Workflows.Ledger;
using Governance.Workflows.Nodes;
using Mesh.Governance.Operations;
using Mesh.Governance.Phases;
using Mesh.Governance.State;

namespace Governance.Workflows.PhaseTransition;

/// <summary>From one phase to another: what the phase needs is measured before a session is answered by it, then it is deployed as any change is.</summary>
internal sealed class PhaseTransitionWorkflow : Workflow<DeploymentInput, string>
{
    public static string IdOf(string proposal) => $"phase-{proposal}";

    public override async Task<string> RunAsync(WorkflowContext context, DeploymentInput input)
    {
        // 1. Enough experts online.
        if (await context.CallActivityAsync<string?>(nameof(PreconditionActivity), input.Proposal, Steps.Retry) is { } missing)
        {
            var end = await context.CallActivityAsync<DeploymentEnd>(nameof(EndActivity), new Ending(input.Proposal, Stage.Undone, missing), Steps.Retry);
            return end.ToString().ToLowerInvariant();
        }
        // 2. Canary, gates, promote or undo.
        return await context.CallChildWorkflowAsync<string>(nameof(DeploymentWorkflow), input, new ChildWorkflowTaskOptions(DeploymentWorkflow.IdOf(input.Proposal)));
    }
}

/// <summary>Null, or what a phase lacks.</summary>
internal sealed class PreconditionActivity(GovernanceLedger ledger, MeshNodes nodes) : WorkflowActivity<string, string?>
{
    public override async Task<string?> RunAsync(WorkflowActivityContext context, string hash)
    {
        var state = ledger.State;
        if (state.Find(hash).Act.Operation is not SetPhase change)
            return "It is no change of phase.";
        var online = await nodes.ExpertsOnlineAsync(CancellationToken.None);
        return online is null ? "No router said how many experts are online." : PhaseTable.Of(change.Phase, state.Configuration!.Policy.PhaseThresholds, online.Value).Reason;
    }
}
