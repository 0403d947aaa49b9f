using Mesh.Simulation.Runs;
using Mesh.Simulation.Scenarios;
using Mesh.Simulation.Timelines;
using Mesh.Tool.Governance.Views;
using Spectre.Console;

namespace Mesh.Tool.Verbs.Simulate;

/// <summary>Figures of runs: a column for each scenario, means with 95 % intervals where there are several runs.</summary>
internal static class RunTable
{
    private static readonly (string Name, Func<MeshFigures, double?> Of)[] Figures =
    [
        ("tokens", f => f.Tokens),
        ("ms a token, p50 before", f => f.Before.P50), ("p50 during", f => f.During.P50), ("p50 between", f => f.Between.P50), ("p50 after", f => f.After.P50),
        ("slowest before", f => f.Before.Slowest), ("slowest during", f => f.During.Slowest), ("slowest between", f => f.Between.Slowest), ("slowest after", f => f.After.Slowest),
        ("streams finished", f => f.Finished), ("error", f => f.Errors), ("cancelled", f => f.Cancelled), ("halted", f => f.Halted), ("crashed", f => f.Crashed), ("refused", f => f.Refused),
        ("committed heads", f => f.Heads), ("split brains", f => f.SplitBrains), ("changes", f => f.Changes), ("halts", f => f.Halts),
        ("s until the majority serves", f => f.MajorityServes), ("s the minority held the lease", f => f.MinorityHeld),
    ];

    private static readonly Timeline None = new(new(0));

    public static Table Of(IReadOnlyList<(Scenario Scenario, IReadOnlyList<MeshRun> Runs)> results)
    {
        var table = ProposalView.Table(["", .. results.Select(r => r.Scenario.Name)]);
        foreach (var (name, of) in Figures)
            table.AddRow(ProposalView.Cells([name, .. results.Select(r => MeanInterval.Of(r.Runs.Select(run => of(run.Figures) ?? double.NaN)).ToString())]));
        return table;
    }

    /// <summary>Without its timeline, which thousands of runs need not keep.</summary>
    public static MeshRun Light(MeshRun run) => run with { Timeline = None };
}
