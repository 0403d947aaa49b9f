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
    private const int BarWidth = 32;

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

    /// <summary>Promised against measured: a line of numbers for each run, and both intervals drawn on one axis.</summary>
    public static IRenderable Report(ReportAnswer report)
    {
        var table = ProposalView.Table("run", "outcome", "measure", "promised", "measured", "kept", "");
        foreach (var line in report.Runs)
            table.AddRow([
                .. ProposalView.Cells(Short(line.Run), line.Outcome ?? "goes on", line.Promised?.Metric ?? "", Text(line.Promised), Text(line.Measured), line.Kept switch { true => "yes", false => "no", _ => "" }),
                Bars(line.Promised, line.Measured),   // two lines, drawn here
            ]);
        return table;
    }

    private static string Text(EstimateAnswer? estimate) =>
        estimate is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{estimate.Gain:+0.###;-0.###} {estimate.Unit} ({estimate.Low:+0.###;-0.###} to {estimate.High:+0.###;-0.###})");

    /// <summary>The intervals from the least to the greatest of both, zero marked: <c>p</c> promised, <c>m</c> measured.</summary>
    private static string Bars(EstimateAnswer? promised, EstimateAnswer? measured)
    {
        if (promised is null)
            return "";
        var both = new[] { promised, measured }.OfType<EstimateAnswer>().ToArray();
        var (least, most) = (Math.Min(0, both.Min(e => e.Low)), Math.Max(0, both.Max(e => e.High)));
        return string.Join('\n', both.Select((e, i) => Bar(e, i == 0 ? 'p' : 'm')));

        string Bar(EstimateAnswer estimate, char mark)
        {
            var line = new char[BarWidth];
            Array.Fill(line, ' ');
            line[At(0)] = '|';
            for (var at = At(estimate.Low); at <= At(estimate.High); at++)
                line[at] = mark == 'p' ? '-' : '=';
            line[At(estimate.Gain)] = mark;
            return new(line);
        }

        int At(double value) => most > least && double.IsFinite(value) ? (int)Math.Clamp((value - least) / (most - least) * (BarWidth - 1), 0, BarWidth - 1) : 0;
    }
}
