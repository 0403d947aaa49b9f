using System.Globalization;
using System.Text.Json;
using Dapr.Workflow;
using Mesh.Governance.Operations;
using Microsoft.Extensions.Options;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Hosting;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Proposing;
using SelfPrompt.Agent.Sandboxing;
using SelfPrompt.Agent.Tasks;

namespace SelfPrompt.Agent.Runs.Steps;

/// <summary>1. What the mesh did lately: the step's artifact holds it.</summary>
internal sealed class ObserveActivity(StepServices steps, Observer observer) : WorkflowActivity<RunInput, StepResult<string>>
{
    public override async Task<StepResult<string>> RunAsync(WorkflowActivityContext context, RunInput input)
    {
        var step = await steps.RunAsync(input.Run, "observe", new(), async gate =>
        {
            var seen = await observer.ObserveAsync(gate, CancellationToken.None);
            var traffic = seen.Router.Traffic;
            return (seen, string.Create(CultureInfo.InvariantCulture,
                $"Version {seen.Configuration.Version}, {seen.Experts.Count(e => e.State == "ready")} of {seen.Experts.Count} experts ready, {traffic.Completions} completions, {traffic.TokensPerSecond:0.#} tokens/s, p99 of a token {traffic.TokenP99:0.#} ms, {seen.Router.Feedback.Count(f => !f.Up)} thumbs down, {seen.Router.Security.Count} refusals."), (string?)null);
        });
        return new(null, step.Spent, step.Stop) { Artifact = step.Artifact, Told = step.Told };
    }
}

public sealed record AnalyseInput(RunInput Run, string Observation, Spent Spent);

/// <summary>2. The analysers, one after the other: what they measure of the mixture is the whole of it. What they ask of single experts they ask on disjoint subsets at once.</summary>
internal sealed class AnalyseActivity(StepServices steps, SelfTasks tasks) : WorkflowActivity<AnalyseInput, StepResult<IReadOnlyList<Finding>>>
{
    private const int MostFindings = 16;

    public override Task<StepResult<IReadOnlyList<Finding>>> RunAsync(WorkflowActivityContext context, AnalyseInput input) => steps.RunAsync<IReadOnlyList<Finding>>(input.Run.Run, "analyse", input.Spent, async gate =>
    {
        if (input.Run is { Idea: { } idea, Kind: { } kind })
            return ([new Finding("idea", kind, $"Somebody's idea: {Fence.Line(Text(idea), 600)}.", idea, null, 0, 0)], "Somebody's idea is tried; nothing is looked for.", null);
        var seen = await steps.SeenAsync(input.Observation);
        var asked = tasks.All.Where(t => input.Run.Kind is null || t.Kind == input.Run.Kind).ToArray();
        var found = new List<Finding>();
        foreach (var task in asked)
            found.AddRange(await task.AnalyseAsync(seen, steps.Sandbox(gate), CancellationToken.None));
        // What is asked for already is not asked for twice.
        var open = seen.Proposals.Where(p => p.IsOpen).Select(p => Text(p.Operation)).ToHashSet();
        Finding[] best = [.. found.Where(f => !open.Contains(Text(f.Operation))).OrderByDescending(f => f.Rank).Take(MostFindings)];
        return (best, best.Length == 0 ? $"Nothing, of {Names(asked)}." : $"{best.Length} of {Names(asked)}: {string.Join(' ', best.Select(f => f.Text))}", null);
    });

    private static string Text(Operation operation) => JsonSerializer.Serialize(operation, AgentJson.Options);

    private static string Names(IEnumerable<ISelfTask> asked) => string.Join(", ", asked.Select(t => JsonNamingPolicy.SnakeCaseLower.ConvertName(t.Kind.ToString())));
}

public sealed record ChooseInput(RunInput Run, IReadOnlyList<Finding> Findings, Spent Spent);

/// <summary>3. The model chooses among findings and words the reason.</summary>
internal sealed class ChooseActivity(StepServices steps, Chooser chooser) : WorkflowActivity<ChooseInput, StepResult<Choice>>
{
    public override Task<StepResult<Choice>> RunAsync(WorkflowActivityContext context, ChooseInput input) => steps.RunAsync(input.Run.Run, "propose", input.Spent, async gate =>
    {
        var choice = await chooser.ChooseAsync(input.Findings, gate, CancellationToken.None);
        return (choice, $"{choice.Order[0]} is tried first; {(choice.IsModels ? $"the model's words: {choice.Words}" : "the model chose nothing that can be used, so it is the one of the highest rank.")}", (string?)null);
    });
}

/// <param name="Number">Of this try in its run: a finding's id may be longer than a step's name.</param>
public sealed record ValidateInput(RunInput Run, int Number, Finding Finding, string Observation, Spent Spent);

/// <summary>4. A finding is tried away from traffic.</summary>
internal sealed class ValidateActivity(StepServices steps, SelfTasks tasks) : WorkflowActivity<ValidateInput, StepResult<Validation>>
{
    public override Task<StepResult<Validation>> RunAsync(WorkflowActivityContext context, ValidateInput input) => steps.RunAsync(input.Run.Run, $"validate-{input.Number}", input.Spent, async gate =>
    {
        var validation = await tasks.Of(input.Finding.Kind).ValidateAsync(input.Finding, await steps.SeenAsync(input.Observation), steps.Sandbox(gate), CancellationToken.None);
        return (validation, $"{input.Finding.Id} {(validation.Holds ? "holds" : "does not hold")}: {validation.Reason}", (string?)null);
    });
}
