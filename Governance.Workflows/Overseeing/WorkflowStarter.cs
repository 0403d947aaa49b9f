using Dapr.Workflow;
using Governance.Workflows.Approval;
using Governance.Workflows.Deployment;
using Governance.Workflows.Evaluation;
using Governance.Workflows.Halting;
using Governance.Workflows.Hosting;
using Governance.Workflows.Ledger;
using Governance.Workflows.PhaseTransition;
using Governance.Workflows.Quarantine;
using Grpc.Core;
using Mesh.Governance.Acts;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Overseeing;

/// <summary>A workflow that the ledger's state calls for.</summary>
/// <param name="Id">Of its instance: it follows from what it is about, so that a second start is none.</param>
internal sealed record DueWorkflow(string Name, string Id, object Input);

/// <summary>Starts workflows by their ids.</summary>
internal sealed partial class WorkflowStarter(DaprWorkflowClient workflows, IOptions<ServiceOptions> options, TimeProvider time, ILogger<WorkflowStarter> log)
{
    /// <summary>What a proposal's status calls for; null: nothing.</summary>
    public DueWorkflow? For(ProposalState proposal) => proposal switch
    {
        { Status: ProposalStatus.Open } => new(nameof(ApprovalWorkflow), ApprovalWorkflow.IdOf(proposal.Hash), new ApprovalInput(proposal.Hash, options.Value.Reminder)),
        { Status: ProposalStatus.Approved, Act.Operation: EvaluateRouting } or { Status: ProposalStatus.Approved or ProposalStatus.Deploying, IsClosed: false } => CarryingOut(proposal),
        _ => null,
    };

    /// <summary>Whatever writes the report.</summary>
    public DueWorkflow For(FollowUp awaited, GovernanceState state) => awaited.Cause switch
    {
        EntryTypes.Halt => new(nameof(HaltWorkflow), HaltWorkflow.IdOf(awaited.About), new HaltInput(awaited.About)),
        EntryTypes.Resume => For(SignedAct.Parse<ResumeOrder>(awaited.Note!), awaited.Note!),
        _ => CarryingOut(state.Find(awaited.About)),
    };

    public static DueWorkflow For(SignedAct<ResumeOrder> resume, string note) => new(nameof(ResumeWorkflow), ResumeWorkflow.IdOf(resume.Hash), new ResumeInput(resume.Hash, note, resume.Act.Halts));

    private DueWorkflow CarryingOut(ProposalState proposal) => proposal switch
    {
        { Act.Operation: EvaluateRouting } => new(nameof(EvaluationWorkflow), EvaluationWorkflow.IdOf(proposal.Hash), proposal.Hash),
        { Act.Operation: QuarantineExpert } => new(nameof(QuarantineWorkflow), QuarantineWorkflow.IdOf(proposal.Hash), proposal.Hash),
        // Once it is tried, its precondition was met, and what was its child goes on alone.
        { Act.Operation: SetPhase, Status: ProposalStatus.Approved } => new(nameof(PhaseTransitionWorkflow), PhaseTransitionWorkflow.IdOf(proposal.Hash), Deployment(proposal)),
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
    public async Task StartAsync(DueWorkflow due, CancellationToken cancellationToken)
    {
        try
        {
            await workflows.ScheduleNewWorkflowAsync(due.Name, due.Id, due.Input).WaitAsync(cancellationToken);
        }
        catch (RpcException fault) when (fault.Status.Detail.Contains("already exists", StringComparison.Ordinal))
        {
            // Who looked at the same time was first.
        }
    }

    /// <summary>What is in the ledger is carried on by the overseer, should this not do it.</summary>
    public async Task WithoutFailingAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            LogNotTold(fault.Message);
        }
    }

    /// <summary>Starts what follows a halt or a resume; whoever asked waits a moment only, for an engine that is away is in nobody's way.</summary>
    public Task StartSoonAsync(DueWorkflow due, CancellationToken cancellationToken) =>
        Task.WhenAny(WithoutFailingAsync(() => StartAsync(due, CancellationToken.None)), Task.Delay(options.Value.NodePatience, time, cancellationToken));

    private DeploymentInput Deployment(ProposalState proposal) => new(proposal.Hash, options.Value.CanaryLook);

    [LoggerMessage(LogLevel.Warning, "The workflow engine was not told, it will be: {Fault}")]
    private partial void LogNotTold(string fault);
}
