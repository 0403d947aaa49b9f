using Dapr.Workflow;
using Dapr.Workflow.Client;
using Mesh.Governance.Acts;
using Microsoft.Extensions.Options;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Hosting;

namespace SelfPrompt.Agent.Runs;

/// <summary>
/// Begins the runs that are due, and sees that those that were begun go on: after a start, and whenever one was lost, failed or stands still. It is begun again by its id, and its steps, which
/// are entries of the ledger, are not done twice.
/// </summary>
internal sealed partial class Keeper(Runs runs, RunLog log, AgentKeys keys, Progress progress, DaprWorkflowClient workflows, IOptions<SelfPromptOptions> options, TimeProvider time, ILogger<Keeper> logger) : BackgroundService
{
    private const int MostRestarts = 5;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40), Moment = TimeSpan.FromSeconds(45);

    /// <summary>A call of the mesh may wait three minutes for users, and a run that waits for people looks now and then.</summary>
    private readonly TimeSpan _stuckAfter = TimeSpan.FromMinutes(4) > options.Value.Look + TimeSpan.FromMinutes(2) ? TimeSpan.FromMinutes(4) : options.Value.Look + TimeSpan.FromMinutes(2);
    private readonly Dictionary<string, (string Mark, long Since)> _seen = [];
    private readonly Dictionary<string, int> _restarts = [];
    private HashSet<string> _open = [];
    private readonly Dictionary<string, (long Since, bool IsSaid)> _failing = [];
    private long? _slot;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Enabled)
            return;
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            await TryAsync("What is due", () => BeginDueAsync(stoppingToken), stoppingToken);
            await TryAsync("What is open", () => LookAsync(stoppingToken), stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var open = await runs.OpenAsync(cancellationToken);
        foreach (var run in open)
            await TryAsync(run.Run, () => SeeAsync(run, cancellationToken).WaitAsync(Patience, time, cancellationToken), cancellationToken);
        // What ended needs no history any more: all of it is in the ledger.
        foreach (var ended in _open.Except(open.Select(o => o.Run)).ToArray())
        {
            await TryAsync(ended, () => workflows.PurgeInstanceAsync(SelfPromptWorkflow.IdOf(ended), cancellationToken).WaitAsync(Patience, time, cancellationToken), cancellationToken);
            _seen.Remove(ended);
            _restarts.Remove(ended);
            _failing.Remove(ended);
        }
        _open = [.. open.Select(o => o.Run)];
    }

    /// <summary>One that cannot be looked at is in no other's way. A mesh that starts or stops is away for a moment: what lasts is said, once.</summary>
    private async Task TryAsync(string what, Func<Task> look, CancellationToken cancellationToken)
    {
        try
        {
            await look();
            _failing.Remove(what);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            var (since, isSaid) = _failing.GetValueOrDefault(what, (time.GetTimestamp(), false));
            var isLasting = time.GetElapsedTime(since) > Moment;
            if (isLasting && !isSaid)
                LogNotSeen(what, fault.Message);
            _failing[what] = (since, isLasting);
        }
    }

    /// <summary>One run in each interval; its id follows from the interval, so that a process that starts again begins no second one.</summary>
    private async Task BeginDueAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Interval <= TimeSpan.Zero)
            return;
        var slot = time.GetUtcNow().Ticks / options.Value.Interval.Ticks;
        if (slot == _slot)
            return;
        // Not in the moment of its first start: there is nothing to be seen of a mesh that nobody has asked yet.
        if (_slot is not null)
        {
            try
            {
                LogDue((await runs.BeginAsync(Runs.IdOf(slot, keys.Member), null, null, "on time", cancellationToken)).Run);
            }
            catch (RunRefusedException refused)
            {
                LogNotBegun(refused.Message);
            }
        }
        _slot = slot;
    }

    private async Task SeeAsync(OpenRun run, CancellationToken cancellationToken)
    {
        var id = SelfPromptWorkflow.IdOf(run.Run);
        var state = await workflows.GetWorkflowStateAsync(id, false, cancellationToken);
        if (state is null || !state.Exists)
        {
            await runs.StartAsync(run, cancellationToken);
            return;
        }
        var isEnded = state.RuntimeStatus is WorkflowRuntimeStatus.Failed or WorkflowRuntimeStatus.Terminated or WorkflowRuntimeStatus.Canceled or WorkflowRuntimeStatus.Completed;
        if (!IsOld(run, isEnded ? TimeSpan.FromSeconds(15) : _stuckAfter, $"{run.Steps} {progress.Of(run.Run)}"))
            return;
        if (!isEnded)
            await workflows.TerminateWorkflowAsync(id, null, cancellationToken);
        var restarts = _restarts[run.Run] = _restarts.GetValueOrDefault(run.Run) + 1;
        if (restarts > MostRestarts)
        {
            LogGivenUp(run.Run, MostRestarts);
            await log.WriteAsync(run.Run, SelfStep.Last, $"{RunOutcome.Failed}: begun again {MostRestarts} times, and never ended.", null, null, cancellationToken);
            return;
        }
        LogBegunAgain(run.Run, state.RuntimeStatus.ToString());
        await workflows.PurgeInstanceAsync(id, cancellationToken);
        await runs.StartAsync(run, cancellationToken);
    }

    private bool IsOld(OpenRun run, TimeSpan patience, string mark)
    {
        if (_seen.TryGetValue(run.Run, out var seen) && seen.Mark == mark)
            return time.GetElapsedTime(seen.Since) > patience;
        _seen[run.Run] = (mark, time.GetTimestamp());
        return false;
    }

    [LoggerMessage(LogLevel.Information, "The run {Run} is due and was begun.")]
    private partial void LogDue(string run);

    [LoggerMessage(LogLevel.Information, "The run that is due is not begun: {Why}")]
    private partial void LogNotBegun(string why);

    [LoggerMessage(LogLevel.Warning, "The run {Run} is begun again by its id ({Why}); no step of it is done twice.")]
    private partial void LogBegunAgain(string run, string why);

    [LoggerMessage(LogLevel.Warning, "The run {Run} was begun again {Times} times and never ended: it is given up, and the ledger says so.")]
    private partial void LogGivenUp(string run, int times);

    [LoggerMessage(LogLevel.Warning, "{What} cannot be looked at, it is tried on: {Fault}")]
    private partial void LogNotSeen(string what, string fault);
}
