using System.Text.Json;
using Mesh.Governance.Operations;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Tasks.TestGeneration;

/// <summary>Regression cases of what went badly: each fails now, and the same way twice.</summary>
internal sealed partial class TestGenerationTask(AcceptedCases accepted, ILogger<TestGenerationTask> log) : ISelfTask
{
    private const int Most = 8;         // of one proposal: people read them
    private const int MostAccepted = 1000;

    public TaskKind Kind => TaskKind.TestGeneration;

    public async Task<IReadOnlyList<Finding>> AnalyseAsync(MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        var known = accepted.Read().Select(c => c.Id).ToHashSet();
        if (known.Count >= MostAccepted)
            return [];
        var failing = new List<RegressionCase>();
        foreach (var candidate in CaseFinder.Find(seen).Where(c => !known.Contains(c.Id)))
            if (failing.Count < Most && await FailsTheSameTwiceAsync(candidate, sandbox, cancellationToken))
                failing.Add(candidate);
        if (failing.Count == 0)
            return [];
        var hash = await sandbox.KeepAsync(JsonSerializer.SerializeToUtf8Bytes(failing, CaseJson.Default.IReadOnlyListRegressionCase), cancellationToken);
        var text = InWords(failing, hash);
        return [new("cases", Kind, text, new SuggestText(text), null, 1, failing.Count, hash)];
    }

    public async Task<Validation> ValidateAsync(Finding finding, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        var cases = await ReadAsync(finding, sandbox, cancellationToken);
        if (cases is not { Count: > 0 and <= Most } || finding.Operation is not SuggestText(var text) || text != InWords(cases, finding.Artifact!))
            return new(false, "The cases are not there, or not those that the text names.");
        var passed = await PassedAsync(cases, sandbox, null, cancellationToken);
        return passed == 0
            ? new(true, $"All {cases.Count} cases failed again.")
            : new(false, $"{passed} of {cases.Count} cases pass now: what does not fail each time is no case.");
    }

    /// <summary>A case changes nothing of the mesh: it promises nothing.</summary>
    public Task<Estimate?> MeasureAsync(Finding finding, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken) => Task.FromResult<Estimate?>(null);

    /// <summary>Cases that are kept already stay; where they cannot be kept the run goes on, since trying again would not end.</summary>
    public async Task AcceptAsync(Finding finding, ISandbox sandbox, CancellationToken cancellationToken)
    {
        if (await ReadAsync(finding, sandbox, cancellationToken) is not { } cases)
        {
            LogMissing(finding.Artifact);
            return;
        }
        try
        {
            accepted.Append(cases);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            LogNotKept(fault, finding.Artifact);
        }
    }

    private static async Task<bool> FailsTheSameTwiceAsync(RegressionCase candidate, ISandbox sandbox, CancellationToken cancellationToken)
    {
        var first = await sandbox.AskAsync(candidate.Prompt, candidate.MostTokens, candidate.Seed, null, cancellationToken);
        if (first is null || candidate.Passes(first))
            return false;
        var second = await sandbox.AskAsync(candidate.Prompt, candidate.MostTokens, candidate.Seed, null, cancellationToken);
        return second is not null && !candidate.Passes(second) && first.Text == second.Text;
    }

    private static async Task<int> PassedAsync(IReadOnlyList<RegressionCase> cases, ISandbox sandbox, JsonElement? settings, CancellationToken cancellationToken)
    {
        var passed = 0;
        foreach (var one in cases)
            passed += await one.PassesAsync(sandbox, settings, cancellationToken) ? 1 : 0;
        return passed;
    }

    private static async Task<IReadOnlyList<RegressionCase>?> ReadAsync(Finding finding, ISandbox sandbox, CancellationToken cancellationToken)
    {
        if (finding.Artifact is not { } hash || await sandbox.FindAsync(hash, cancellationToken) is not { } bytes)
            return null;
        try
        {
            return JsonSerializer.Deserialize(bytes, CaseJson.Default.IReadOnlyListRegressionCase);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string InWords(IReadOnlyList<RegressionCase> cases, string hash) =>
        $"Regression cases: {cases.Count} prompts that fail now, the same way twice. They check that {string.Join("; that ", cases.GroupBy(c => c.InWords).Select(g => $"{g.Key} ({g.Count()})"))}. Once accepted, no change of settings may break one that passes. Artifact {hash}.";

    [LoggerMessage(LogLevel.Error, "The accepted cases {Artifact} are not there any more, or cannot be read: none is kept")]
    private partial void LogMissing(string? artifact);

    [LoggerMessage(LogLevel.Error, "The accepted cases {Artifact} cannot be kept")]
    private partial void LogNotKept(Exception fault, string? artifact);
}
