using Dapr.Workflow;

namespace Governance.Workflows.Halting;

/// <param name="Halt">The halt's id, 64 hex digits.</param>
public sealed record HaltInput(string Halt);

/// <summary>What follows a halt, which itself waited for nobody: the ledger, those who were not reached, the last changes undone, and a look at the effect.</summary>
internal sealed class HaltWorkflow : Workflow<HaltInput, string>
{
    public static string IdOf(string halt) => $"halt-{halt}";

    public override async Task<string> RunAsync(WorkflowContext context, HaltInput input)
    {
        // 1. Everybody who has not acknowledged it is told again; what does not answer is named.
        await context.CallActivityAsync<bool>(nameof(TellActivity), input.Halt, Steps.Retry);
        // 2. The last three applied changes are undone, as one new configuration.
        await context.CallActivityAsync<bool>(nameof(UndoActivity), input.Halt, Steps.Retry);
        // 3. Every node is asked what it runs, and whether it is halted.
        var report = await context.CallActivityAsync<string>(nameof(HaltEffectActivity), input.Halt, Steps.Retry);
        // 4. Reported.
        await context.CallActivityAsync<bool>(nameof(HaltReportActivity), new HaltFinding(input.Halt, report), Steps.Retry);
        return report;
    }
}

public sealed record HaltFinding(string Halt, string Report);
