using Dapr.Workflow;
using Governance.Workflows.Approval;
using Governance.Workflows.Deployment;
using Governance.Workflows.Evaluation;
using Governance.Workflows.Halting;
using Governance.Workflows.Hosting;
using Governance.Workflows.PhaseTransition;
using Governance.Workflows.Quarantine;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Overseeing;

/// <summary>A workflow that the ledger's state calls for.</summary>
/// <param name="Id">Of its instance: it follows from what it is about, so that a second start is none.</param>
internal sealed record DueWorkflow(string Name, string Id, object Input);

/// <summary>Starts workflows by their ids.</summary>
internal sealed class WorkflowStarter(DaprWorkflowClient workflows, IOptions<ServiceOptions> options)
{
    /// <summary>What a proposal's status calls for; null: nothing.</summary>
    public DueWorkflow? For(ProposalState proposal) => proposal switch
    {
        { Status: ProposalStatus.Open } => new(nameof(ApprovalWorkflow), ApprovalWorkflow.IdOf(proposal.Hash), new ApprovalInput(proposal.Hash, options.Value.Reminder)),
        { Status: not (ProposalStatus.Approved or ProposalStatus.Deploying) } => null,
        { Act.Operation: EvaluateRouting } => new(nameof(EvaluationWorkflow), EvaluationWorkflow.IdOf(proposal.Hash), proposal.Hash),
        { IsClosed: true } => null,
        { Act.Operation: QuarantineExpert } => new(nameof(QuarantineWorkflow), QuarantineWorkflow.IdOf(proposal.Hash), proposal.Hash),
        { Act.Operation: SetPhase } => new(nameof(PhaseTransitionWorkflow), PhaseTransitionWorkflow.IdOf(proposal.Hash), Deployment(proposal)),
        _ => new(nameof(DeploymentWorkflow), DeploymentWorkflow.IdOf(proposal.Hash), Deployment(proposal)),
    };

    public async Task<bool> BeginAsync(ProposalState proposal, CancellationToken cancellationToken)
    {
        if (For(proposal) is not { } due)
            return false;
        await StartAsync(due, cancellationToken);
        return true;
    }

    /// <summary>One that is there already goes on as it is.</summary>
    public Task StartAsync(DueWorkflow due, CancellationToken cancellationToken) => due.Input switch
    {
        HaltInput or ResumeInput or DeploymentInput or ApprovalInput or string => workflows.ScheduleNewWorkflowAsync(due.Name, due.Id, due.Input),
        _ => throw new InvalidOperationException($"{due.Name} takes no {due.Input.GetType().Name}."),
    };

    private DeploymentInput Deployment(ProposalState proposal) => new(proposal.Hash, options.Value.CanaryLook);
}
