using Dapr.Workflow;

namespace Governance.Workflows;

/// <summary>What the steps of all workflows share.</summary>
internal static class Steps
{
    /// <summary>
    /// A step is safe to repeat: what it writes is an entry of the ledger under an id of its own. Without quorum, store or sidecar it is tried on, since what people
    /// decided is not given up for a fault of the machine.
    /// </summary>
    public static WorkflowTaskOptions Retry { get; } = new(new WorkflowRetryPolicy(
        maxNumberOfAttempts: 1000, firstRetryInterval: TimeSpan.FromSeconds(0.5), backoffCoefficient: 1.5, maxRetryInterval: TimeSpan.FromSeconds(10)));
}
