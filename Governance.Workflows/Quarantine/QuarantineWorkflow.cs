using Dapr.Workflow;
using Governance.Workflows.Deployment;
using Mesh.Governance.State;

namespace Governance.Workflows.Quarantine;

/// <summary>Takes an expert out of every mixture: no canary, since a bad expert would go on with the others meanwhile.</summary>
internal sealed class QuarantineWorkflow : Workflow<string, string>
{
    public static string IdOf(string proposal) => $"quarantine-{proposal}";

    public override async Task<string> RunAsync(WorkflowContext context, string proposal)
    {
        // 1. Out of the configuration.
        var end = await context.CallActivityAsync<DeploymentEnd>(nameof(EndActivity), new Ending(proposal, Stage.Promoted, "Out of every mixture; it stays loaded."), Steps.Retry);
        // 2. See that every node runs it.
        if (end == DeploymentEnd.Promoted)
            await context.CallActivityAsync<bool>(nameof(EffectActivity), proposal, Steps.Retry);
        return end.ToString().ToLowerInvariant();
    }
}
