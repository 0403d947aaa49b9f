using Dapr.Workflow;
using Dapr.Workflow.Client;
using Microsoft.Extensions.Options;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Hosting;

namespace SelfPrompt.Agent.Runs;

/// <summary>
/// Begins the runs that are due, and sees that those that were begun go on: after a start, and whenever one was lost, failed or stands still. It is begun again by its id, and its steps, which
/// are entries of the ledger, are not done twice.
/// </summary>
internal sealed partial class Keeper(Runs runs, AgentKeys keys, Progress progress, DaprWorkflowClient workflows, IOptions<SelfPromptOptions> options, TimeProvider time, ILogger<Keeper> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(4);   // a call of the mesh may wait three for users
    private readonly Dictionary<string, (string Mark, long Since)> _seen = [];
    private string? _lastFault;
    private long? _slot;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Enabled)
            return;
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                await BeginDueAsync(stoppingToken);
                foreach (var run in await runs.OpenAsync(stoppingToken))
                    await SeeAsync(run, stoppingToken).WaitAsync(Patience, time, stoppingToken);
                _lastFault = null;
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                if (_lastFault != fault.Message)   // a mesh that starts is away for a while: said once
                    LogNotSeen(_lastFault = fault.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
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
        if (!IsOld(run, isEnded ? TimeSpan.FromSeconds(15) : StuckAfter, $"{run.Steps} {progress.Of(run.Run)}"))
            return;
        LogBegunAgain(run.Run, state.RuntimeStatus.ToString());
        if (!isEnded)
            await workflows.TerminateWorkflowAsync(id, null, cancellationToken);
        await workflows.PurgeInstanceAsync(id, cancellationToken);
        await runs.StartAsync(run, cancellationToken);
    }

    private bool IsOld(OpenRun run, TimeSpan patience, string mark)
    {
        if (_seen.TryGetValue(run.Run, out var seen) && seen.Mark == mark)
            return time.GetElapsedTime(seen.Since) > patience;
        if (_seen.Count > 256)
            _seen.Clear();
        _seen[run.Run] = (mark, time.GetTimestamp());
        return false;
    }

    [LoggerMessage(LogLevel.Information, "The run {Run} is due and was begun.")]
    private partial void LogDue(string run);

    [LoggerMessage(LogLevel.Information, "The run that is due is not begun: {Why}")]
    private partial void LogNotBegun(string why);

    [LoggerMessage(LogLevel.Warning, "The run {Run} is begun again by its id ({Why}); no step of it is done twice.")]
    private partial void LogBegunAgain(string run, string why);

    [LoggerMessage(LogLevel.Warning, "Runs could not be looked at, it is tried on: {Fault}")]
    private partial void LogNotSeen(string fault);
}
