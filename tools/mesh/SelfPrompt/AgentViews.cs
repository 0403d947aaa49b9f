using System.Globalization;
using Mesh.Tool.Governance;
using Mesh.Tool.Governance.Views;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Mesh.Tool.SelfPrompt;

/// <summary>The agent's runs for people.</summary>
internal static class AgentViews
{
    private const int ShortRun = 12;

    public static string Short(string run) => run[..Math.Min(ShortRun, run.Length)];

    public static IRenderable Status(AgentStatusAnswer status, IReadOnlyList<RunAnswer> runs)
    {
        var grid = ProposalView.Grid();
        ProposalView.Row(grid, "agent", status.Enabled ? $"on, as {status.Member}" : "off (Mesh__SelfPrompt__Enabled)");
        ProposalView.Row(grid, "mesh", status.Mesh);
        ProposalView.Row(grid, "words by", $"{status.Model} of {status.Endpoint}");
        ProposalView.Row(grid, "next run", status.NextSeconds is { } next ? $"in {Durations.Text(TimeSpan.FromSeconds(next))}" : "by hand only");
        ProposalView.Row(grid, "budget", string.Create(CultureInfo.InvariantCulture, $"{status.Budget.Calls} calls, {status.Budget.Tokens} tokens, {status.Budget.Seconds:0} s a run"));
        ProposalView.Row(grid, "kinds", string.Join(", ", status.Kinds));
        if (runs.Count == 0)
            return grid;
        var table = ProposalView.Table("run", "begun", "kind", "status", "proposal");
        foreach (var run in runs)
            table.AddRow(ProposalView.Cells(Short(run.Run), $"{DateTimeOffset.FromUnixTimeSeconds(run.Begun):u}", run.Kind ?? "all", run.Status, run.Proposal is { } hash ? ProposalView.Short(hash) : ""));
        return new Rows(grid, table);
    }

    public static IRenderable Run(RunAnswer run)
    {
        var grid = ProposalView.Grid();
        ProposalView.Row(grid, "run", run.Run);
        ProposalView.Row(grid, "status", run.Status);
        foreach (var step in run.Steps)
            ProposalView.Row(grid, step.Step, step.Summary);
        return grid;
    }

    /// <summary>Promised against measured, a line each, and both intervals drawn on one axis.</summary>
    public static IRenderable Report(ReportAnswer report)
    {
        var table = ProposalView.Table("run", "outcome", "measure", "", "gain", "kept", "");
        foreach (var line in report.Runs)
        {
            var axis = new Axis([.. new[] { line.Promised, line.Measured }.OfType<EstimateAnswer>()]);
            table.AddRow(ProposalView.Cells(Short(line.Run), line.Outcome ?? "goes on", line.Promised?.Metric ?? "", line.Promised is null ? "" : "promised", Text(line.Promised), "", axis.Bar(line.Promised, '-')));
            if (line.Measured is not null)
                table.AddRow(ProposalView.Cells("", "", "", "measured", Text(line.Measured), line.Kept switch { true => "yes", false => "no", _ => "" }, axis.Bar(line.Measured, '=')));
        }
        return table;
    }

    private static string Text(EstimateAnswer? estimate) =>
        estimate is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{estimate.Gain:+0.###;-0.###} {estimate.Unit} ({estimate.Low:+0.###;-0.###} to {estimate.High:+0.###;-0.###})");

    /// <summary>From the least to the greatest of some intervals, and zero.</summary>
    private sealed class Axis(IReadOnlyList<EstimateAnswer> intervals)
    {
        private const int Width = 32;
        private readonly double _least = Math.Min(0, intervals.Select(e => e.Low).DefaultIfEmpty().Min()), _most = Math.Max(0, intervals.Select(e => e.High).DefaultIfEmpty().Max());

        /// <summary>An interval with its middle, zero marked.</summary>
        public string Bar(EstimateAnswer? interval, char mark)
        {
            if (interval is null)
                return "";
            var line = new string(' ', Width).ToCharArray();
            line[At(0)] = '|';
            line.AsSpan(At(interval.Low)..(At(interval.High) + 1)).Fill(mark);
            line[At(interval.Gain)] = 'o';
            return new(line);
        }

        private int At(double value) => _most > _least && double.IsFinite(value) ? (int)Math.Clamp((value - _least) / (_most - _least) * (Width - 1), 0, Width - 1) : 0;
    }
}
