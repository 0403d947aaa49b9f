using Dapr.Workflow;
using Dapr.Workflow.Client;
using Governance.Workflows.Deployment;
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
    GovernanceLedger ledger, IMeshNode node, HaltOffice halts, DaprWorkflowClient workflows, WorkflowStarter starter, Trials trials, GovernanceMeter meter, IOptions<ServiceOptions> options,
    TimeProvider time, ILogger<Overseer> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>Of one workflow: daprd 1.16 has calls that never return, and there are others to look after.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
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
        await halts.CatchUpAsync(node.Acts, ledger.View, cancellationToken);
        var due = DueOf(state).DistinctBy(d => d.Workflow.Id).ToArray();
        foreach (var id in _seen.Keys.Except(due.Select(d => d.Workflow.Id)).ToArray())
            _seen.Remove(id);
        foreach (var one in due)
        {
            using var late = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            try
            {
                await SeeAsync(one, either.Token).WaitAsync(either.Token);
            }
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotSeen($"{one.Workflow.Id}: {fault.Message}");
            }
        }
    }

    /// <summary>What the ledger calls for: proposals on their way, and reports that are still to come.</summary>
    private IEnumerable<Due> DueOf(GovernanceState state)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var patience = options.Value.StuckAfter;
        foreach (var proposal in state.Unfinished.Select(hash => state.Proposals[hash]))
            if (starter.For(proposal) is { } workflow)
                yield return proposal.Status switch
                {
                    ProposalStatus.Open => new(workflow, "open", state.OutcomeAt(proposal, now) is not null, patience),
                    // One canary at a time: the others wait, and there is nothing wrong with them.
                    ProposalStatus.Approved => new(workflow, "approved", state.Configuration!.Canary is null, patience),
                    _ => new(workflow, $"{trials.Looks} looks", true, patience + options.Value.CanaryLook),
                };
        foreach (var awaited in ledger.View.FollowUps.Awaited.Values)
            if (awaited.Cause is EntryTypes.Halt or EntryTypes.Resume || state.Proposals.ContainsKey(awaited.About))
                yield return new(starter.For(awaited, state), $"{state.IsUndoPending}", true, patience + EffectActivity.Patience);
    }

    private async Task SeeAsync(Due due, CancellationToken cancellationToken)
    {
        var id = due.Workflow.Id;
        var state = await workflows.GetWorkflowStateAsync(id, false, cancellationToken);
        if (state is null || !state.Exists)
        {
            await starter.StartAsync(due.Workflow, cancellationToken);
            return;
        }
        if (state.RuntimeStatus is WorkflowRuntimeStatus.Failed or WorkflowRuntimeStatus.Terminated or WorkflowRuntimeStatus.Canceled || (state.IsWorkflowCompleted && due.IsReady && IsOld(due)))
        {
            LogBegunAgain(id, state.RuntimeStatus.ToString());
            await BeginAgainAsync(due.Workflow, cancellationToken);
            return;
        }
        if (!due.IsReady || !IsOld(due))
            return;
        // It could move and does not: first a call, then a new beginning.
        var (_, _, nudges) = _seen[id];
        _seen[id] = (due.Mark, time.GetTimestamp(), nudges + 1);
        meter.OnStuck(due.Workflow.Name);
        if (nudges == 0)
        {
            LogWoken(id);
            await workflows.RaiseEventAsync(id, Approval.ApprovalWorkflow.Voted, "wake", cancellationToken);
            return;
        }
        LogBegunAgain(id, "standing still");
        await workflows.TerminateWorkflowAsync(id, null, cancellationToken);
        await BeginAgainAsync(due.Workflow, cancellationToken);
    }

    private async Task BeginAgainAsync(DueWorkflow due, CancellationToken cancellationToken)
    {
        await workflows.PurgeInstanceAsync(due.Id, cancellationToken);
        await starter.StartAsync(due, cancellationToken);
    }

    /// <summary>Whether nothing changed for long; begins to count when it is asked first.</summary>
    private bool IsOld(Due due)
    {
        if (!_seen.TryGetValue(due.Workflow.Id, out var seen) || seen.Mark != due.Mark)
        {
            _seen[due.Workflow.Id] = (due.Mark, time.GetTimestamp(), 0);
            return false;
        }
        return time.GetElapsedTime(seen.Since) > due.Patience;
    }

    [LoggerMessage(LogLevel.Warning, "Workflow {Id} could go on and does not: it is woken.")]
    private partial void LogWoken(string id);

    [LoggerMessage(LogLevel.Warning, "Workflow {Id} is begun again by the same id ({Why}); no step of it is done twice.")]
    private partial void LogBegunAgain(string id, string why);

    [LoggerMessage(LogLevel.Warning, "What is due could not be looked at, it is tried on: {Fault}")]
    private partial void LogNotSeen(string fault);
}

/// <param name="Mark">Changes with its progress.</param>
/// <param name="IsReady">Whether a step of it could be done now.</param>
/// <param name="Patience">How long such a step may take.</param>
internal sealed record Due(DueWorkflow Workflow, string Mark, bool IsReady, TimeSpan Patience);
