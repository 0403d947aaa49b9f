using Spectre.Console;
using Spectre.Console.Rendering;

namespace Mesh.Tool.Governance.Views;

/// <summary>The state of governance for people.</summary>
internal static class StatusView
{
    public static IRenderable Of(StatusAnswer status, IReadOnlyList<ProposalAnswer> open, DateTimeOffset now)
    {
        var grid = ProposalView.Grid();
        ProposalView.Row(grid, "mesh", $"{status.Mesh}, configuration {status.Version}");
        ProposalView.Row(grid, "lease", status.Lease + (status.LeaseRemainingMs is { } left ? $", {left / 1000:0.#} s left" : ""));
        ProposalView.Row(grid, "quorum", $"{status.Quorum.Needed} of {status.Quorum.Witnesses.Count}; {status.Quorum.Committed} of {status.Quorum.Size} entries are committed");
        ProposalView.Row(grid, "phase", Phase(status.Phase));
        ProposalView.Row(grid, "halted", status.Halts.Count == 0 ? "no" : "YES");
        foreach (var halt in status.Halts)
            ProposalView.Row(grid, "", $"{ProposalView.Short(halt.Id)} by {halt.Requester}, {DateTimeOffset.FromUnixTimeSeconds(halt.Time):u}: {halt.Reason}{(halt.Unreached is { Count: > 0 } unreached ? $"; not reached: {string.Join(", ", unreached)}" : "")}");
        foreach (var domain in status.Locked ?? [])
            ProposalView.Row(grid, "read-only", $"{domain.Domain}, since {ProposalView.Short(domain.Proposal)} was rejected");
        var parts = new List<IRenderable> { grid, Nodes(status, now) };
        if (open.Count > 0)
            parts.Add(ProposalView.List(open, now.ToUnixTimeSeconds()));
        return new Rows(parts);
    }

    public static string Phase(PhaseAnswer? phase) => phase switch
    {
        null or { Current: null } => "not in use",
        { Degraded: { Length: > 0 } degraded } => $"{phase.Current}, degraded: {degraded}",
        { Threshold: { } needed } => $"{phase.Current}, {phase.Experts} experts online, {needed} needed",
        _ => $"{phase.Current}",
    };

    private static Table Nodes(StatusAnswer status, DateTimeOffset now)
    {
        var table = ProposalView.Table("node", "kind", "reached", "configuration", "lease", "halted", "cosigned");
        foreach (var node in status.Nodes)
        {
            var cosigned = status.Quorum.Witnesses.FirstOrDefault(w => w.Name == node.Name)?.Cosigned;
            table.AddRow(ProposalView.Cells(
                node.Name, node.Kind, node.Reachable ? "yes" : "NO", node.Configuration is { } version ? $"{version}" : "-", node.Lease ?? "-", node.Halted ? "YES" : "no",
                cosigned is { } time ? $"{Durations.Text(now - DateTimeOffset.FromUnixTimeMilliseconds(time))} ago" : "never"));
        }
        return table;
    }
}
