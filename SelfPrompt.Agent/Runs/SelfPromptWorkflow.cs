using Dapr.Workflow;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Proposing;
using SelfPrompt.Agent.Runs.Steps;

namespace SelfPrompt.Agent.Runs;

/// <summary>
/// The loop: observe, analyse, propose, validate, review, apply, measure, keep or undo. Each step is an entry of the ledger by its own id, so that it is done once whoever dies; what the mesh
/// is changed by is governance's, after people said yes.
/// </summary>
internal sealed class SelfPromptWorkflow : Workflow<RunInput, RunReport>
{
    private const int LooksPerHistory = 100;

    /// <summary>A step may wait for a lease, a store, a router that starts again: what was begun is not given up for a fault of the machine.</summary>
    private static readonly WorkflowTaskOptions Retry = new(new WorkflowRetryPolicy(
        maxNumberOfAttempts: 200, firstRetryInterval: TimeSpan.FromSeconds(1), backoffCoefficient: 1.5, maxRetryInterval: TimeSpan.FromSeconds(15)));

    public static string IdOf(string run) => $"selfprompt-{run}";

    public override async Task<RunReport> RunAsync(WorkflowContext context, RunInput input)
    {
        var report = new RunReport(input.Run, input.Kind, RunOutcome.Stopped, "");
        try
        {
            report = input.Waiting is { } waiting ? await ReviewedAsync(context, input, waiting) : await LookedAsync(context, input);
        }
        catch (WorkflowTaskFailedException failed)
        {
            report = report with { Outcome = RunOutcome.Failed, Summary = failed.FailureDetails.ErrorMessage };
        }
        // Nothing yet: it goes on waiting as another history.
        return report.Summary.Length == 0 ? report : await context.CallActivityAsync<RunReport>(nameof(EndActivity), report, Retry);
    }

    private static async Task<RunReport> LookedAsync(WorkflowContext context, RunInput input)
    {
        var report = new RunReport(input.Run, input.Kind, RunOutcome.Nothing, "Nothing was found that could be better.");
        // 1. Observe.
        var seen = await context.CallActivityAsync<StepResult<string>>(nameof(ObserveActivity), input, Retry);
        if (seen.Stop is not null)
            return Stopped(report, seen);
        // 2. Analyse: findings, made by code.
        var found = await context.CallActivityAsync<StepResult<IReadOnlyList<Finding>>>(nameof(AnalyseActivity), new AnalyseInput(input, seen.Artifact!, seen.Spent), Retry);
        if (found.Stop is not null)
            return Stopped(report, found);
        if (found.Value is not { Count: > 0 } findings)
            return report with { Spent = found.Spent };
        // 3. Propose: a model chooses and words.
        var chosen = await context.CallActivityAsync<StepResult<Choice>>(nameof(ChooseActivity), new ChooseInput(input, findings, found.Spent), Retry);
        if (chosen.Stop is not null)
            return Stopped(report, chosen);
        // 4. Validate, away from traffic, on what the analysis did not see.
        var (spent, refusals) = (chosen.Spent, "");
        var order = chosen.Value!.Order.Take(input.MostTried).Select(id => findings.First(f => f.Id == id)).ToArray();
        for (var number = 1; number <= order.Length; number++)
        {
            var finding = order[number - 1];
            var tried = await context.CallActivityAsync<StepResult<Validation>>(nameof(ValidateActivity), new ValidateInput(input, number, finding, seen.Artifact!, spent), Retry);
            if (tried.Stop is not null)
                return Stopped(report with { Finding = finding }, tried);
            spent = tried.Spent;
            if (!tried.Value!.Holds)
            {
                refusals += $"{(refusals.Length > 0 ? " " : "")}{finding.Id}: {tried.Value.Reason}";
                continue;
            }
            // 5. Review: it is handed in, people decide.
            var about = report with { Finding = finding, Promised = tried.Value.Promise };
            var submitted = await context.CallActivityAsync<StepResult<Submission>>(nameof(SubmitActivity), new SubmitInput(input, finding, tried.Value, number == 1 ? chosen.Value.Words : "", spent), Retry);
            if (submitted.Stop is not null)
                return Stopped(about, submitted);
            return submitted.Value!.Hash is { } hash
                ? await ReviewedAsync(context, input, new(finding, tried.Value, hash, seen.Artifact!, submitted.Spent))
                : about with { Outcome = RunOutcome.NotTaken, Summary = submitted.Value.Refusal!, Spent = submitted.Spent };
        }
        return report with { Outcome = RunOutcome.NotValid, Summary = refusals, Finding = order[0], Spent = spent };
    }

    private static async Task<RunReport> ReviewedAsync(WorkflowContext context, RunInput input, Waiting waiting)
    {
        // 6. Apply: governance tries it on a share of the sessions, and promotes or undoes it.
        for (var look = 0; look < LooksPerHistory; look++)
        {
            var outcome = await context.CallActivityAsync<ProposalOutcome>(nameof(OutcomeActivity), new LookInput(input.Run, waiting.Proposal), Retry);
            if (outcome.IsOver)
                return await OverAsync(context, input, waiting, outcome);
            await context.CreateTimer(input.Look);
        }
        context.ContinueAsNew(input with { Waiting = waiting });
        return new(input.Run, input.Kind, RunOutcome.Stopped, "");
    }

    private static async Task<RunReport> OverAsync(WorkflowContext context, RunInput input, Waiting waiting, ProposalOutcome outcome)
    {
        var (finding, validation, hash, observation, spent) = waiting;
        var report = new RunReport(input.Run, input.Kind, outcome.IsUndone ? RunOutcome.Undone : RunOutcome.NotTaken, $"{outcome.Status}: {outcome.Reason}", finding, validation.Promise, Proposal: hash, Spent: spent);
        if (!outcome.IsInForce)
            return report;
        // What is this agent's own to do once people said yes.
        await context.CallActivityAsync<bool>(nameof(AcceptActivity), new AcceptInput(input.Run, finding, spent), Retry);
        // 7. Measure what was promised.
        var measured = await context.CallActivityAsync<StepResult<Measurement>>(nameof(MeasureActivity), new MeasureInput(input, finding, validation.Promise, observation, hash, spent), Retry);
        if (measured.Stop is not null)
            return Stopped(report, measured);
        var (effect, isKept, reason) = measured.Value!;
        report = report with { Measured = effect, Summary = reason, Spent = measured.Spent };
        // 8. Keep, or propose the way back.
        if (isKept)
            return report with { Outcome = effect is null ? RunOutcome.Accepted : RunOutcome.Kept };
        var undo = await context.CallActivityAsync<StepResult<Submission>>(nameof(UndoActivity), new UndoInput(input, finding, observation, reason, measured.Spent), Retry);
        return report with
        {
            Outcome = RunOutcome.Broken,
            Summary = $"{reason} {(undo.Value?.Hash is null ? $"Its undoing could not be proposed: {undo.Value?.Refusal ?? undo.Stop}" : "Its undoing is proposed.")}",
            Undo = undo.Value?.Hash,
        };
    }

    private static RunReport Stopped<T>(RunReport report, StepResult<T> step) => report with { Outcome = RunOutcome.Stopped, Summary = step.Stop!, Spent = step.Spent, Told = step.Told };
}
