using Mesh.Governance.Acts;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Runs;
using SelfPrompt.Agent.Tasks;

namespace SelfPrompt.Agent.Api;

/// <param name="Index">Of its entry in the ledger.</param>
/// <param name="At">Unix seconds.</param>
/// <param name="Artifact">What it saw and did: <c>GET /governance/artifacts/{hash}</c>, while it is kept.</param>
public sealed record StepView(long Index, string Step, string Summary, long At, string? Artifact, string? Proposal);

/// <param name="Status">The step that was written last, or how it ended.</param>
/// <param name="Steps">Oldest first.</param>
public sealed record RunView(string Run, TaskKind? Kind, string Status, bool IsOver, long Begun, string? Proposal, IReadOnlyList<StepView> Steps);

public sealed record RunList(IReadOnlyList<RunView> Runs);

/// <summary>Promised against measured.</summary>
/// <param name="Outcome">How it ended, one of <see cref="RunOutcome"/>; null: it goes on.</param>
public sealed record ReportLine(
    string Run, TaskKind? Kind, long Begun, string? Outcome, string Summary, string? Finding, string? Operation, Estimate? Promised, Estimate? Measured, bool? Kept, string? Proposal);

public sealed record Report(IReadOnlyList<ReportLine> Runs);

/// <summary>Runs as people see them, made of the ledger's entries.</summary>
internal sealed class RunViews(RunLog log)
{
    private const int MostRuns = 200;
    private const int AtOnce = 8;

    public async Task<IReadOnlyList<RunView>> ListAsync(int limit, CancellationToken cancellationToken) =>
        [.. (await log.NewestAsync(Math.Clamp(limit, 1, MostRuns), cancellationToken)).GroupBy(s => s.Act.Run).Select(Of).OrderByDescending(r => r.Begun)];

    /// <summary>Null: there is no such run.</summary>
    public async Task<RunView?> FindAsync(string run, CancellationToken cancellationToken) =>
        (await log.OfAsync(run, cancellationToken)) is { Count: > 0 } steps ? Of(steps) : null;

    public async Task<Report> ReportAsync(int limit, CancellationToken cancellationToken)
    {
        var lines = new List<ReportLine>();
        foreach (var some in (await ListAsync(limit, cancellationToken)).Chunk(AtOnce))
            lines.AddRange(await Task.WhenAll(some.Select(run => LineAsync(run, cancellationToken))));
        return new(lines);
    }

    private async Task<ReportLine> LineAsync(RunView run, CancellationToken cancellationToken)
    {
        var last = run.Steps[^1];
        var end = last.Step == SelfStep.Last && last.Artifact is { } artifact ? await log.ResultAsync<RunReport>(artifact, cancellationToken) : null;
        var report = end?.Result;
        return new(
            run.Run, run.Kind, run.Begun, run.IsOver ? report?.Outcome ?? last.Summary.Split(':')[0] : null, report?.Summary ?? last.Summary, report?.Finding?.Text, report?.Finding?.Operation.GetType().Name,
            report?.Promised, report?.Measured, report is { Promised: { } promised, Measured: { } measured } ? measured.Keeps(promised) : null, report?.Proposal ?? run.Proposal);
    }

    private static RunView Of(IEnumerable<LoggedStep> entries)
    {
        StepView[] steps = [.. entries.OrderBy(s => s.Index).Select(s => new StepView(s.Index, s.Act.Step, s.Act.Summary, s.Act.Created, s.Act.Artifact, s.Act.Proposal))];
        var (first, last) = (steps[0], steps[^1]);
        var isOver = last.Step == SelfStep.Last;
        return new(
            entries.First().Act.Run, first.Step == Runs.Runs.First ? Runs.Runs.KindOf(first.Summary) : null, isOver ? last.Summary.Split(':')[0] : last.Step, isOver, first.At,
            steps.LastOrDefault(s => s.Proposal is not null)?.Proposal, steps);
    }
}
