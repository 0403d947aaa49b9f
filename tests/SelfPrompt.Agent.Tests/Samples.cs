using Mesh.Governance.Operations;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Tasks;

namespace SelfPrompt.Agent.Tests;

/// <summary>What tests of several parts begin with.</summary>
internal static class Samples
{
    public static Finding Finding(string id, string text = "K = 1 asks one expert, K = 4 would have perplexity 21.3 instead of 27.9.") =>
        new(id, TaskKind.ConfigTuning, text, new SetEnsemble(new() { K = 4 }), new("perplexity", "nats", 3.3, 3.1, 0.2, 0.1, 0.3, 40), 0.95, 1);

    public static ToolGate Gate(FakeStanding standing, TimeProvider time, Budget? budget = null) => new(budget ?? new(100, 10_000, 60), new(), standing, time);
}

/// <summary>A mesh that stands as a test says.</summary>
internal sealed class FakeStanding : IMeshStanding
{
    public PolicyRefusedException? Refusal { get; set; }

    public Task RequireRunningAsync(CancellationToken cancellationToken) => Refusal is { } refusal ? Task.FromException(refusal) : Task.CompletedTask;
}
