using Dapr.Workflow;
using Governance.Workflows.Ledger;
using Mesh.Governance;
using Mesh.Governance.Operations;
using Mesh.Governance.State;

namespace Governance.Workflows.Evaluation;

/// <summary>Measures settings away from traffic, and reports.</summary>
internal sealed class EvaluationWorkflow : Workflow<string, string>
{
    public static string IdOf(string proposal) => $"evaluation-{proposal}";

    public override async Task<string> RunAsync(WorkflowContext context, string proposal)
    {
        // 1. The texts, with the settings of now and with those that are asked about.
        string finding;
        try
        {
            finding = await context.CallActivityAsync<string>(nameof(EvaluateActivity), proposal, new(new WorkflowRetryPolicy(5, TimeSpan.FromSeconds(1), 2)));
        }
        catch (WorkflowTaskFailedException failed)
        {
            finding = $"It could not be measured: {failed.FailureDetails.ErrorMessage}";
        }
        // 2. Reported.
        return await context.CallActivityAsync<string>(nameof(EvaluationReportActivity), new EvaluationFinding(proposal, finding), Steps.Retry);
    }
}

public sealed record EvaluationFinding(string Proposal, string Finding);

internal sealed class EvaluateActivity(GovernanceLedger ledger, RoutingEvaluation evaluation) : WorkflowActivity<string, string>
{
    public override Task<string> RunAsync(WorkflowActivityContext context, string proposal) =>
        evaluation.MeasureAsync((EvaluateRouting)ledger.State.Find(proposal).Act.Operation, CancellationToken.None);
}

internal sealed class EvaluationReportActivity(GovernanceLedger ledger) : WorkflowActivity<EvaluationFinding, string>
{
    public const string Step = "evaluation";

    public override async Task<string> RunAsync(WorkflowActivityContext context, EvaluationFinding input)
    {
        await ledger.AppendAsync(EntryTypes.Report, EntryIds.Report(input.Proposal, Step), new(input.Finding, Proposal: input.Proposal), GovernanceJson.Default.ReportBody, CancellationToken.None);
        return input.Finding;
    }
}
