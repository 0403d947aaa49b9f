using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapr.Workflow;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Operations;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Proposing;
using SelfPrompt.Agent.Reviewing;
using SelfPrompt.Agent.Tasks;

namespace SelfPrompt.Agent.Runs.Steps;

/// <param name="Hash">The proposal's; null: it was not taken.</param>
public sealed record Submission(string? Hash, string? Refusal = null);

public sealed record SubmitInput(RunInput Run, Finding Finding, Validation Validation, string Words, Spent Spent);

/// <summary>5. A finding that holds is handed in for people to decide.</summary>
internal sealed class SubmitActivity(StepServices steps, Submitting submitting, RunLog log) : WorkflowActivity<SubmitInput, StepResult<Submission>>
{
    public override Task<StepResult<Submission>> RunAsync(WorkflowActivityContext context, SubmitInput input) => steps.RunAsync(input.Run.Run, "review", input.Spent, async gate =>
    {
        var reason = $"{input.Finding.Text} {input.Validation.Reason}{(input.Words.Length > 0 ? $" In the model's words: “{Fence.Unquoted(input.Words)}”" : "")}";
        // What the operation needs beside itself is kept as long as the run goes on.
        if (input.Finding.Artifact is { } needed)
            await log.WriteAsync(input.Run.Run, "needs", "What the proposal needs beside itself.", needed, null, CancellationToken.None);
        var submitted = await submitting.SubmitAsync(input.Run, input.Finding.Id, input.Finding.Operation, reason, gate, CancellationToken.None);
        return (submitted, submitted.Hash is { } hash ? $"Proposed as {hash}, people decide." : $"It was not taken: {submitted.Refusal}", submitted.Hash);
    });
}

/// <param name="IsOver">Nothing more becomes of it.</param>
/// <param name="IsInForce">People said yes, and the mesh runs it; or it is a text that they took.</param>
/// <param name="IsUndone">Its canary or a halt took it back.</param>
public sealed record ProposalOutcome(string Status, string Reason, bool IsOver, bool IsInForce, bool IsUndone);

public sealed record LookInput(string Run, string Proposal);

/// <summary>6. What became of a proposal.</summary>
internal sealed class OutcomeActivity(MeshClient mesh, Progress progress, TimeProvider time) : WorkflowActivity<LookInput, ProposalOutcome>
{
    /// <summary>Governance says why a change ended a moment after it did, then where that runs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20), Pause = TimeSpan.FromSeconds(1);

    public override async Task<ProposalOutcome> RunAsync(WorkflowActivityContext context, LookInput input)
    {
        var (run, hash) = input;
        progress.Touch(run);
        var (proposal, status) = await ReadAsync(hash);
        for (var start = time.GetTimestamp(); status is "promoted" or "undone" && !proposal.TryGetProperty("effect", out _) && time.GetElapsedTime(start) < Patience; (proposal, status) = await ReadAsync(hash))
            await Task.Delay(Pause, time);
        var reason = proposal.TryGetProperty("outcome", out var outcome) ? outcome.GetString() ?? "" : "";
        var isText = !Change.IsDeployable(proposal.GetProperty("operation").Deserialize(GovernanceJson.Default.Operation)!);
        return new(status, reason, status is not ("open" or "approved" or "deploying") || (isText && status == "approved"), status == "promoted" || (isText && status == "approved"), status == "undone");
    }

    private async Task<(JsonElement Proposal, string Status)> ReadAsync(string hash)
    {
        var proposal = await mesh.GetAsync($"governance/proposals/{hash}", CancellationToken.None);
        return (proposal, proposal.GetProperty("status").GetString()!);
    }
}

public sealed record AcceptInput(string Run, Finding Finding, Spent Spent);

/// <summary>What is this agent's own to do once people said yes; a halt delays it, and nothing takes it away.</summary>
internal sealed class AcceptActivity(StepServices steps, SelfTasks tasks) : WorkflowActivity<AcceptInput, bool>
{
    public override async Task<bool> RunAsync(WorkflowActivityContext context, AcceptInput input)
    {
        await tasks.Of(input.Finding.Kind).AcceptAsync(input.Finding, steps.Sandbox(steps.Gate(input.Run, input.Spent)), CancellationToken.None);
        return true;
    }
}

public sealed record MeasureInput(RunInput Run, Finding Finding, Estimate? Promised, string Observation, string Proposal, Spent Spent);

/// <param name="Effect">Null: nothing was promised in numbers.</param>
public sealed record Measurement(Estimate? Effect, bool IsKept, string Reason);

/// <summary>7. The same measure as was promised, of the mesh as it runs now.</summary>
internal sealed class MeasureActivity(StepServices steps, SelfTasks tasks) : WorkflowActivity<MeasureInput, StepResult<Measurement>>
{
    public override Task<StepResult<Measurement>> RunAsync(WorkflowActivityContext context, MeasureInput input) => steps.RunAsync(input.Run.Run, "measure", input.Spent, async gate =>
    {
        var (task, sandbox, seen) = (tasks.Of(input.Finding.Kind), steps.Sandbox(gate), await steps.SeenAsync(input.Observation));
        var effect = input.Promised is null ? null : await task.MeasureAsync(input.Finding, seen, sandbox, CancellationToken.None);
        var isKept = effect is null || input.Promised is null || effect.Keeps(input.Promised);
        var reason = input.Promised is null ? "It is in force; nothing was promised in numbers."
            : effect is null ? $"It is in force; {input.Promised.Metric} cannot be measured against what was before, which no request can name."
            : string.Create(CultureInfo.InvariantCulture, $"{effect.Metric}: promised {Gain(input.Promised)}, measured {Gain(effect)} {effect.Unit}; the promise is {(isKept ? "kept" : "not kept")}.");
        return (new Measurement(effect, isKept, reason), reason, (string?)null);

        static string Gain(Estimate e) => string.Create(CultureInfo.InvariantCulture, $"{e.Gain:0.###} ({e.Low:0.###} to {e.High:0.###})");
    });
}

public sealed record UndoInput(RunInput Run, Finding Finding, string Observation, string Reason, Spent Spent);

/// <summary>8. A promise that was not kept: the way back is proposed, and people decide that too.</summary>
internal sealed class UndoActivity(StepServices steps, Submitting submitting) : WorkflowActivity<UndoInput, StepResult<Submission>>
{
    public override Task<StepResult<Submission>> RunAsync(WorkflowActivityContext context, UndoInput input) => steps.RunAsync(input.Run.Run, "undo", input.Spent, async gate =>
    {
        var submitted = Reversal.Of(input.Finding.Operation, await steps.SeenAsync(input.Observation)) is { } back
            ? await submitting.SubmitAsync(input.Run, "undo", back, $"It did not do what was promised. {input.Reason}", gate, CancellationToken.None)
            : new Submission(null, "There is no way back that could be proposed.");
        return (submitted, submitted.Hash is { } hash ? $"The way back is proposed as {hash}." : submitted.Refusal!, submitted.Hash);
    });
}

/// <summary>The last entry of a run: what was promised, and what came of it.</summary>
internal sealed class EndActivity(StepServices steps, RunMeter meter) : WorkflowActivity<RunReport, RunReport>
{
    public override async Task<RunReport> RunAsync(WorkflowActivityContext context, RunReport input)
    {
        // A record is no act: it is written whatever the mesh's standing.
        var ended = await steps.RunAsync(input.Run, SelfStep.Last, input.Spent ?? new(), _ => Task.FromResult((input, $"{input.Outcome}: {input.Summary}", input.Proposal)));
        meter.OnEnd(input.Outcome);
        return ended.Value ?? throw new InvalidOperationException(ended.Stop);
    }
}
