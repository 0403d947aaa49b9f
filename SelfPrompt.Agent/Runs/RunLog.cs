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
/// artifact, which governance keeps as long as the run goes on.
/// </summary>
internal sealed class RunLog(MeshClient mesh, AgentKeys keys, TimeProvider time)
{
    /// <summary>Runs that one answer lists.</summary>
    public const int MostRuns = 256;
    private const int MostSummary = 2000;

    /// <summary>Of one run, newest first; empty: there is none.</summary>
    public Task<IReadOnlyList<LoggedStep>> OfAsync(string run, CancellationToken cancellationToken) => ReadAsync($"run={run}", cancellationToken);

    /// <summary>Of the runs that moved last, whole ones.</summary>
    public Task<IReadOnlyList<LoggedStep>> NewestAsync(int runs, CancellationToken cancellationToken) => ReadAsync($"runs={runs}", cancellationToken);

    /// <summary>Of the runs that have not ended.</summary>
    public Task<IReadOnlyList<LoggedStep>> OpenAsync(CancellationToken cancellationToken) => ReadAsync($"open=true&runs={MostRuns}", cancellationToken);

    /// <summary>Null: the artifact is not there any more.</summary>
    public async Task<StepRecord<T>?> ResultAsync<T>(string artifact, CancellationToken cancellationToken) =>
        await mesh.FindArtifactAsync(artifact, cancellationToken) is { } bytes ? JsonSerializer.Deserialize<StepRecord<T>>(bytes, AgentJson.Options) : null;

    /// <summary>Does a step unless it was done, and writes it down.</summary>
    /// <param name="work">The result, a summary for people, and the proposal it handed in.</param>
    /// <returns>What stands in the ledger, which may be somebody else's doing of the same step, and the artifact that holds it.</returns>
    public async Task<(StepRecord<T> Record, string Artifact)> OnceAsync<T>(
        string run, string step, ToolGate gate, Func<Task<(T Result, string Summary, string? Proposal)>> work, CancellationToken cancellationToken)
    {
        if ((await OfAsync(run, cancellationToken)).FirstOrDefault(s => s.Act.Step == step) is { Act.Artifact: { } kept } && await ResultAsync<T>(kept, cancellationToken) is { } before)
            return (before, kept);
        var (result, summary, proposal) = await work();
        var record = new StepRecord<T>(result, gate.Spent, gate.Decisions);
        var artifact = await mesh.PutArtifactAsync(JsonSerializer.SerializeToUtf8Bytes(record, AgentJson.Options), cancellationToken);
        var standing = await WriteAsync(run, step, summary, artifact, proposal, cancellationToken);
        return standing.Act.Artifact is { } other && other != artifact && await ResultAsync<T>(other, cancellationToken) is { } theirs ? (theirs, other) : (record, artifact);
    }

    /// <summary>Written and committed when this returns; one that is there already stays as it is, and is answered.</summary>
    public async Task<LoggedStep> WriteAsync(string run, string step, string summary, string? artifact, string? proposal, CancellationToken cancellationToken)
    {
        var name = (await mesh.GetAsync("governance/configuration", cancellationToken)).GetProperty("mesh").GetString()!;
        using var key = keys.Load();
        var act = new SelfStep(name, keys.Member, run, step, summary.Length <= MostSummary ? summary : summary[..MostSummary], time.GetUtcNow().ToUnixTimeSeconds(), artifact, proposal);
        var standing = await mesh.PostNoteAsync("governance/self", SignedAct.Sign(act, key).Note.ToString(), cancellationToken);
        return standing.Deserialize<LoggedStep>(AgentJson.Options)!;
    }

    private async Task<IReadOnlyList<LoggedStep>> ReadAsync(string query, CancellationToken cancellationToken) => (await mesh.GetAsync<LoggedSteps>($"governance/self?{query}", cancellationToken)).Steps;
}
