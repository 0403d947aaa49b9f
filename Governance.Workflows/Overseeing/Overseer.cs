using Dapr.Workflow;
using Dapr.Workflow.Client;
using Governance.Workflows.Halting;
using Governance.Workflows.Hosting;
using Governance.Workflows.Ledger;
using Mesh.Governance.Http;
using Mesh.Governance.State;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Overseeing;

/// <summary>
/// Sees that what the ledger calls for is under way: after a start, and whenever a workflow stands still. The ledger decides, a workflow carries out; so one that was lost,
/// failed or stopped moving is begun again by the same id, and its steps, which are entries by their own ids, are not done twice.
/// </summary>
internal sealed partial class Overseer(
    GovernanceLedger ledger, IMeshNode node, HaltOffice halts, DaprWorkflowClient workflows, WorkflowStarter starter, GovernanceMeter meter, IOptions<ServiceOptions> options, TimeProvider time,
    ILogger<Overseer> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);
    private readonly Dictionary<string, (string Mark, long Since, int Nudges)> _seen = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        await ledger.Opened.WaitAsync(stoppingToken);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotSeen(fault.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var state = await ledger.RefreshAsync(cancellationToken);
        // Halts that this node took while the ledger was away, and resumes that it missed.
        await halts.CatchUpAsync(node.Acts, state, cancellationToken);
        var due = Due(state).ToDictionary(d => d.Workflow.Id);
        foreach (var id in _seen.Keys.Except(due.Keys).ToArray())
            _seen.Remove(id);
        foreach (var (workflow, mark, isReady) in due.Values)
            await SeeAsync(workflow, mark, isReady, cancellationToken);
    }

    /// <summary>What is to be done, a mark that changes with its progress, and whether a step of it could be done now.</summary>
    private IEnumerable<(DueWorkflow Workflow, string Mark, bool IsReady)> Due(GovernanceState state)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var hash in state.Unfinished)
            if (state.Proposals[hash] is var proposal && starter.For(proposal) is { } workflow)
                yield return (workflow, $"{proposal.Status}", proposal.Status == ProposalStatus.Open ? state.OutcomeAt(proposal, now) is not null : proposal.Status == ProposalStatus.Approved && state.Configuration!.Canary is null);
        foreach (var halt in state.Halts.Values)
            if (!halts.IsReported(halt.Id))
                yield return (new(nameof(HaltWorkflow), HaltWorkflow.IdOf(halt.Id), new HaltInput(halt.Id)), $"{state.IsUndoPending}", true);
    }

    private async Task SeeAsync(DueWorkflow due, string mark, bool isReady, CancellationToken cancellationToken)
    {
        var state = await workflows.GetWorkflowStateAsync(due.Id, false, cancellationToken);
        if (state is null || !state.Exists)
        {
            await starter.StartAsync(due, cancellationToken);
            return;
        }
        if (state.RuntimeStatus is WorkflowRuntimeStatus.Failed or WorkflowRuntimeStatus.Terminated or WorkflowRuntimeStatus.Canceled || (state.IsWorkflowCompleted && isReady && IsOld(due.Id, mark)))
        {
            LogBegunAgain(due.Id, state.RuntimeStatus.ToString());
            await BeginAgainAsync(due, cancellationToken);
            return;
        }
        if (!isReady || !IsOld(due.Id, mark))
            return;
        // It could move and does not: first a call, then a new beginning.
        var (_, _, nudges) = _seen[due.Id];
        _seen[due.Id] = (mark, time.GetTimestamp(), nudges + 1);
        meter.OnStuck(due.Name);
        if (nudges == 0)
        {
            LogWoken(due.Id);
            await workflows.RaiseEventAsync(due.Id, Approval.ApprovalWorkflow.Voted, "wake", cancellationToken);
            return;
        }
        LogBegunAgain(due.Id, "standing still");
        await workflows.TerminateWorkflowAsync(due.Id, null, cancellationToken);
        await BeginAgainAsync(due, cancellationToken);
    }

    private async Task BeginAgainAsync(DueWorkflow due, CancellationToken cancellationToken)
    {
        await workflows.PurgeInstanceAsync(due.Id, cancellationToken);
        await starter.StartAsync(due, cancellationToken);
    }

    /// <summary>Whether nothing changed for long; begins to count when it is asked first.</summary>
    private bool IsOld(string id, string mark)
    {
        if (!_seen.TryGetValue(id, out var seen) || seen.Mark != mark)
        {
            _seen[id] = (mark, time.GetTimestamp(), 0);
            return false;
        }
        return time.GetElapsedTime(seen.Since) > options.Value.StuckAfter;
    }

    [LoggerMessage(LogLevel.Warning, "Workflow {Id} could go on and does not: it is woken.")]
    private partial void LogWoken(string id);

    [LoggerMessage(LogLevel.Warning, "Workflow {Id} is begun again by the same id ({Why}); no step of it is done twice.")]
    private partial void LogBegunAgain(string id, string why);

    [LoggerMessage(LogLevel.Warning, "What is due could not be looked at, it is tried on: {Fault}")]
    private partial void LogNotSeen(string fault);
}
