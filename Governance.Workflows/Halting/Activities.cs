using Dapr.Workflow;
using Governance.Workflows.Ledger;
using Governance.Workflows.Nodes;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.State;

namespace Governance.Workflows.Halting;

/// <summary>Tells those who do not say that they are halted.</summary>
internal sealed class TellActivity(GovernanceLedger ledger, MeshNodes nodes) : WorkflowActivity<string, bool>
{
    public override async Task<bool> RunAsync(WorkflowActivityContext context, string halt)
    {
        if (!ledger.State.Halts.TryGetValue(halt, out var it))
            return false;
        var missing = (await nodes.StatusesAsync(CancellationToken.None)).Where(n => n.Status?.Halts.Contains(halt) != true).Select(n => n.Name).ToArray();
        await nodes.HaltAsync(it.Note, missing, CancellationToken.None);
        return true;
    }
}

/// <summary>Takes back what the last applied changes changed, once for all halts that go on together.</summary>
internal sealed class UndoActivity(GovernanceLedger ledger, ConfigurationWriter writer) : WorkflowActivity<string, bool>
{
    public override async Task<bool> RunAsync(WorkflowActivityContext context, string halt)
    {
        var state = await ledger.RefreshAsync(CancellationToken.None);
        if (await ledger.FindAsync(EntryIds.Configuration(Stage.HaltUndo, halt), CancellationToken.None) is null && (!state.Halts.ContainsKey(halt) || !state.IsUndoPending))
            return false;
        await writer.WriteAsync(Stage.HaltUndo, halt, CancellationToken.None);
        return true;
    }
}

/// <summary>Asks every node what it runs and whether it is halted, until all say so or patience ends.</summary>
internal sealed class HaltEffectActivity(GovernanceLedger ledger, MeshNodes nodes, TimeProvider time) : WorkflowActivity<string, string>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public override async Task<string> RunAsync(WorkflowActivityContext context, string halt)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var state = ledger.State;
            var seen = await nodes.StatusesAsync(CancellationToken.None);
            var going = seen.Where(n => n.Status?.Halted != true).Select(n => n.Name).ToArray();
            var behind = seen.Where(n => n.Status is null || n.Status.Runs < state.Configuration!.Version).Select(n => n.Name).ToArray();
            var isOver = !state.Halts.ContainsKey(halt);
            if (isOver || (going.Length == 0 && behind.Length == 0) || time.GetElapsedTime(started) > Patience)
            {
                var undone = state.History.Where(c => c.UndoneBy == halt).Select(c => c.Proposal[..8]).ToArray();
                return (isOver ? "It ended before it was looked at. " : going.Length == 0 ? $"All {seen.Count} nodes are halted. " : $"Unreached: {string.Join(", ", going)}. ") +
                    (undone.Length == 0 ? "There was no change to undo" : $"Undone: {string.Join(", ", undone)}") +
                    (behind.Length == 0 ? $"; version {state.Configuration!.Version} runs everywhere." : $"; version {state.Configuration!.Version} does not run on {string.Join(", ", behind)}.");
            }
            await Task.Delay(Pause, time);
        }
    }
}

internal sealed class HaltReportActivity(GovernanceLedger ledger) : WorkflowActivity<HaltFinding, bool>
{
    public const string Step = "effect";

    public override async Task<bool> RunAsync(WorkflowActivityContext context, HaltFinding input)
    {
        await ledger.AppendAsync(EntryTypes.Report, EntryIds.Report(input.Halt, Step), new(input.Report, Halt: input.Halt), GovernanceJson.Default.ReportBody, CancellationToken.None);
        return true;
    }
}

/// <summary>Sees that every node goes on again.</summary>
internal sealed class ResumeEffectActivity(GovernanceLedger ledger, MeshNodes nodes, TimeProvider time) : WorkflowActivity<ResumeInput, string>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public override async Task<string> RunAsync(WorkflowActivityContext context, ResumeInput input)
    {
        // Nobody goes on before a majority knows that people said so.
        await ledger.WaitUntilCommittedAsync((await ledger.FindAsync(EntryIds.Resume(input.Resume), CancellationToken.None))!.Value, CancellationToken.None);
        var started = time.GetTimestamp();
        while (true)
        {
            var seen = await nodes.StatusesAsync(CancellationToken.None);
            var halted = seen.Where(n => n.Status is not { } status || status.Halts.Intersect(input.Halts).Any()).Select(n => n.Name).ToArray();
            if (halted.Length == 0 || time.GetElapsedTime(started) > Patience)
                return halted.Length == 0 ? $"All {seen.Count} nodes ended it." : $"Unreached: {string.Join(", ", halted)}.";
            await nodes.ResumeAsync(input.Note, halted, CancellationToken.None);
            await Task.Delay(Pause, time);
        }
    }
}

internal sealed class ResumeReportActivity(GovernanceLedger ledger) : WorkflowActivity<HaltFinding, bool>
{
    public const string Step = "resumed";

    public override async Task<bool> RunAsync(WorkflowActivityContext context, HaltFinding input)
    {
        await ledger.AppendAsync(EntryTypes.Report, EntryIds.Report(input.Halt, Step), new(input.Report, Halt: input.Halt), GovernanceJson.Default.ReportBody, CancellationToken.None);
        return true;
    }
}
