namespace Mesh.Governance.Canaries;

/// <summary>What one governed router said at a look at a canary; null: it did not answer, or nothing of this proposal.</summary>
public sealed record RouterReport(string Router, CanaryReport? Report);

/// <summary>What a router had counted when it was last heard.</summary>
/// <param name="Run">Which start of its process counted.</param>
public sealed record Sighting(string Router, string Run, long Control, long Candidate);

/// <summary>
/// All governed routers at one look. Each has to be heard: one that crashed by the change would otherwise drop out of the judgement, and what the others measured would pass.
/// </summary>
/// <param name="earlier">Of the looks before.</param>
public sealed class RouterReports(IReadOnlyList<RouterReport> routers, IReadOnlyList<Sighting> earlier)
{
    /// <summary>What was measured, all together; null: nothing.</summary>
    public CanaryReport? Sum { get; } = routers.Select(r => r.Report).OfType<CanaryReport>().ToArray() is { Length: > 0 } reports ? reports.Aggregate((a, b) => a + b) : null;

    /// <summary>For the next look; whoever is silent now stays known as it was.</summary>
    public IReadOnlyList<Sighting> Sightings { get; } =
    [
        .. routers.Where(r => r.Report is not null).Select(r => new Sighting(r.Router, r.Report!.Run ?? "", r.Report.Control.Sessions, r.Report.Candidate.Sessions)),
        .. earlier.Where(e => routers.Any(r => r.Router == e.Router && r.Report is null)),
    ];

    /// <param name="sessions">Least sessions on either side that gave an answer.</param>
    /// <param name="isLast">Whether there is no more time: then a router that is silent is a fail.</param>
    public Judgement Judge(int sessions, bool isLast)
    {
        if (Sightings.Select(Broken).FirstOrDefault(f => f is not null) is { } fault)
            return new(Verdict.Fail, fault);
        string[] silent = [.. routers.Where(r => r.Report is null).Select(r => r.Router)];
        var judgement = CanaryJudge.Judge(Sum, sessions, isLast && silent.Length == 0);
        if (silent.Length == 0 || judgement.Verdict == Verdict.Fail)
            return judgement;
        var missing = $"{string.Join(", ", silent)} {(silent.Length == 1 ? "does" : "do")} not say what the change did there";
        return isLast ? new(Verdict.Fail, $"The canary cannot be judged: {missing}.") : new(Verdict.Wait, missing);
    }

    /// <summary>What it counted before is lost, and whatever ended its process may be the change.</summary>
    private string? Broken(Sighting now)
    {
        if (earlier.FirstOrDefault(e => e.Router == now.Router) is not { } before)
            return null;
        if (now.Run != before.Run)
            return $"{now.Router} was restarted while it tried the change.";
        return now.Control < before.Control || now.Candidate < before.Candidate ? $"{now.Router} lost what it had measured while it tried the change." : null;
    }
}
