using Microsoft.Extensions.Options;
using SelfPrompt.Agent.Hosting;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Runs.Steps;

/// <summary>What every step needs: a gate with the run's budget, the run's log, and the end of a run that may not go on.</summary>
internal sealed class StepServices(RunLog runs, MeshClient mesh, IMeshStanding standing, Progress progress, IOptions<SelfPromptOptions> options, TimeProvider time)
{
    private readonly Budget _budget = new(options.Value.MostCalls, options.Value.MostTokens, options.Value.MostSeconds);

    public ToolGate Gate(string run, Spent spent) => new(_budget, spent, progress.Watching(run, standing), time);

    public RouterSandbox Sandbox(ToolGate gate) => new(mesh, gate);

    /// <summary>Does a step once. A halt and a spent budget end the run; what else goes wrong is tried again.</summary>
    public async Task<StepResult<T>> RunAsync<T>(string run, string step, Spent spent, Func<ToolGate, Task<(T Result, string Summary, string? Proposal)>> work)
    {
        var gate = Gate(run, spent);
        try
        {
            var record = await runs.OnceAsync(run, step, gate, () => work(gate), CancellationToken.None);
            return new(record.Result, record.Spent);
        }
        catch (Exception stop) when (stop is BudgetSpentException or PolicyRefusedException { Code: PolicyRefusedException.Halted })
        {
            return new(default, gate.Spent, stop.Message);
        }
    }

    /// <summary>What the run observed.</summary>
    /// <exception cref="InvalidOperationException">It is not there any more.</exception>
    public async Task<MeshObservation> SeenAsync(string artifact) =>
        await mesh.FindArtifactAsync(artifact, CancellationToken.None) is { } bytes
            ? System.Text.Json.JsonSerializer.Deserialize<MeshObservation>(bytes, AgentJson.Options)!
            : throw new InvalidOperationException($"The observation {artifact} is not kept any more.");
}
