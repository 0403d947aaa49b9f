using System.Text.Json;
using Mesh.Governance.Acts;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Policy;

namespace SelfPrompt.Agent.Runs;

/// <summary>A step of a run as the ledger has it.</summary>
/// <param name="Index">Of its entry.</param>
public sealed record LoggedStep(long Index, SelfStep Act);

public sealed record LoggedSteps(IReadOnlyList<LoggedStep> Steps);

/// <summary>What the artifact of a step holds.</summary>
public sealed record StepRecord<T>(T Result, Spent Spent, IReadOnlyList<Decision> Decisions);

/// <summary>
/// Runs in the ledger: every step is a signed entry under <c>self/[run]/[step]</c>, there once. A step that was written is not done again, whoever died after it: its result is read from its
/// artifact.
/// </summary>
internal sealed class RunLog(MeshClient mesh, AgentKeys keys, TimeProvider time)
{
    public const int MostRead = 500;
    private const int MostSummary = 2000;

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<LoggedStep>> ReadAsync(string? run, int limit, CancellationToken cancellationToken) =>
        (await mesh.GetAsync<LoggedSteps>($"governance/self?limit={limit}{(run is null ? "" : $"&run={run}")}", cancellationToken)).Steps;

    public async Task<LoggedStep?> FindAsync(string run, string step, CancellationToken cancellationToken) =>
        (await ReadAsync(run, 64, cancellationToken)).FirstOrDefault(s => s.Act.Step == step);

    /// <summary>Null: the artifact is not there any more.</summary>
    public async Task<StepRecord<T>?> ResultAsync<T>(string artifact, CancellationToken cancellationToken) =>
        await mesh.FindArtifactAsync(artifact, cancellationToken) is { } bytes ? JsonSerializer.Deserialize<StepRecord<T>>(bytes, AgentJson.Options) : null;

    /// <summary>Does a step unless it was done, and writes it down.</summary>
    /// <param name="work">The result, a summary for people, and the proposal it handed in.</param>
    public async Task<StepRecord<T>> OnceAsync<T>(string run, string step, ToolGate gate, Func<Task<(T Result, string Summary, string? Proposal)>> work, CancellationToken cancellationToken)
    {
        if (await FindAsync(run, step, cancellationToken) is { Act.Artifact: { } kept } && await ResultAsync<T>(kept, cancellationToken) is { } before)
            return before;
        var (result, summary, proposal) = await work();
        var record = new StepRecord<T>(result, gate.Spent, gate.Decisions);
        var artifact = await mesh.PutArtifactAsync(JsonSerializer.SerializeToUtf8Bytes(record, AgentJson.Options), cancellationToken);
        await WriteAsync(run, step, summary, artifact, proposal, cancellationToken);
        return record;
    }

    /// <summary>Written and committed when this returns; one that is there already stays as it is.</summary>
    public async Task WriteAsync(string run, string step, string summary, string? artifact, string? proposal, CancellationToken cancellationToken)
    {
        var configuration = await mesh.GetAsync("governance/configuration", cancellationToken);
        using var key = keys.Load();
        var act = new SelfStep(
            configuration.GetProperty("mesh").GetString()!, keys.Member, run, step, summary.Length <= MostSummary ? summary : summary[..MostSummary], time.GetUtcNow().ToUnixTimeSeconds(), artifact, proposal);
        await mesh.PostNoteAsync("governance/self", SignedAct.Sign(act, key).Note.ToString(), cancellationToken);
    }
}
