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
        if (input.Waiting is { } waiting)
            return await ReviewedAsync(context, input, waiting);
        // 1. Observe.
        var seen = await context.CallActivityAsync<StepResult<string>>(nameof(ObserveActivity), input, Retry);
        if (seen.Stop is not null)
            return await StopAsync(context, input, seen.Stop, seen.Spent);
        // 2. Analyse: findings, made by code.
        var found = await context.CallActivityAsync<StepResult<IReadOnlyList<Finding>>>(nameof(AnalyseActivity), new AnalyseInput(input, seen.Value!, seen.Spent), Retry);
        if (found.Stop is not null)
            return await StopAsync(context, input, found.Stop, found.Spent);
        if (found.Value is not { Count: > 0 } findings)
            return await EndAsync(context, input, RunOutcome.Nothing, "Nothing was found that could be better.", found.Spent);
        // 3. Propose: a model chooses and words.
        var chosen = await context.CallActivityAsync<StepResult<Choice>>(nameof(ChooseActivity), new ChooseInput(input, findings, found.Spent), Retry);
        if (chosen.Stop is not null)
            return await StopAsync(context, input, chosen.Stop, chosen.Spent);
        // 4. Validate, away from traffic, on what the analysis did not see.
        var (spent, refusals) = (chosen.Spent, "");
        foreach (var finding in chosen.Value!.Order.Take(input.MostTried).Select(id => findings.First(f => f.Id == id)))
        {
            var tried = await context.CallActivityAsync<StepResult<Validation>>(nameof(ValidateActivity), new ValidateInput(input, finding, seen.Value!, spent), Retry);
            spent = tried.Spent;
            if (tried.Stop is not null)
                return await StopAsync(context, input, tried.Stop, spent);
            if (!tried.Value!.Holds)
            {
                refusals += $"{(refusals.Length > 0 ? " " : "")}{finding.Id}: {tried.Value.Reason}";
                continue;
            }
            // 5. Review: it is handed in, people decide.
            var words = finding.Id == chosen.Value.Order[0] ? chosen.Value.Words : "";
            var submitted = await context.CallActivityAsync<StepResult<Submission>>(nameof(SubmitActivity), new SubmitInput(input, finding, tried.Value, words, spent), Retry);
            if (submitted.Value!.Hash is not { } hash)
                return await EndAsync(context, input, RunOutcome.NotTaken, submitted.Value.Refusal!, spent, finding, tried.Value.Promise);
            return await ReviewedAsync(context, input, new(finding, tried.Value, hash, seen.Value!, spent));
        }
        return await EndAsync(context, input, RunOutcome.NotValid, refusals, spent, findings.First(f => f.Id == chosen.Value.Order[0]));
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
        if (!outcome.IsInForce)
            return await EndAsync(context, input, outcome.IsUndone ? RunOutcome.Undone : RunOutcome.NotTaken, $"{outcome.Status}: {outcome.Reason}", spent, finding, validation.Promise, hash);
        // 7. Measure what was promised.
        var measured = await context.CallActivityAsync<StepResult<Measurement>>(nameof(MeasureActivity), new MeasureInput(input, finding, validation.Promise, observation, hash, spent), Retry);
        if (measured.Stop is not null)
            return await StopAsync(context, input, measured.Stop, measured.Spent, finding, validation.Promise, hash);
        // 8. Keep, or propose the way back.
        var (effect, isKept) = (measured.Value!.Effect, measured.Value.IsKept);
        if (isKept)
            return await EndAsync(context, input, effect is null ? RunOutcome.Accepted : RunOutcome.Kept, measured.Value.Reason, measured.Spent, finding, validation.Promise, hash, effect);
        var undo = await context.CallActivityAsync<StepResult<Submission>>(nameof(UndoActivity), new UndoInput(input, finding, observation, measured.Value.Reason, measured.Spent), Retry);
        return await EndAsync(
            context, input, RunOutcome.Broken, $"{measured.Value.Reason} {(undo.Value?.Hash is null ? $"Its undoing could not be proposed: {undo.Value?.Refusal ?? undo.Stop}" : "Its undoing is proposed.")}", measured.Spent,
            finding, validation.Promise, hash, effect, undo.Value?.Hash);
    }

    private static Task<RunReport> StopAsync(WorkflowContext context, RunInput input, string why, Spent spent, Finding? finding = null, Estimate? promised = null, string? proposal = null) =>
        EndAsync(context, input, RunOutcome.Stopped, why, spent, finding, promised, proposal);

    private static Task<RunReport> EndAsync(
        WorkflowContext context, RunInput input, string outcome, string summary, Spent spent, Finding? finding = null, Estimate? promised = null, string? proposal = null, Estimate? measured = null, string? undo = null) =>
        context.CallActivityAsync<RunReport>(nameof(EndActivity), new RunReport(input.Run, input.Kind, outcome, summary, finding, promised, measured, proposal, spent, undo), Retry);
}
