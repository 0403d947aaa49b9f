using System.CommandLine;
using System.Globalization;
using Mesh.Chorus.Windows;
using Mesh.Simulation.Windows;
using Mesh.Tool.Governance.Views;
using Spectre.Console;

namespace Mesh.Tool.Verbs.Simulate;

/// <summary><c>mesh simulate windows</c>: when an idle expert should begin to decode, as figures or as a picture.</summary>
internal static class WindowsVerb
{
    private const int Seed = 1;
    private static readonly WindowPolicy[] Pictured = [WindowPolicy.AtOnce, WindowPolicy.AllExpected, WindowPolicy.Phases];

    public static Verb Create(Terminal terminal)
    {
        var seeds = new Option<int>("--seeds") { Description = "Runs of each kind, 2 to 10.", DefaultValueFactory = _ => 5 };
        var seconds = new Option<double?>("--seconds") { Description = "Of virtual time, up to 3600: 300 for figures, of which the first fifth is not counted, and 0.5 for a picture." };
        var row = new Option<int?>("--row") { Description = $"One row of the table alone, 1 to {WindowRow.All.Count}; 1 for a picture." };
        var svg = new Option<string?>("--svg") { Description = "Draws phases, windows and batches of one run over time into this file instead." };
        var command = new Verb("windows", "When an idle expert should begin to decode: tokens a second of each policy, with 95 % intervals.", "mesh simulate windows --seeds 5\nmesh simulate windows --row 1 --svg windows.svg") { seeds, seconds, row, svg };
        command.Does(terminal, (arguments, cancellationToken) =>
        {
            var chosen = arguments.GetValue(row);
            if (chosen is < 1 || chosen > WindowRow.All.Count)
                throw ToolException.Usage($"There is no row {chosen}; rows are 1 to {WindowRow.All.Count}.");
            if (arguments.GetValue(seconds) is { } given && !(given is > 0 and <= 3600))
                throw ToolException.Usage($"{given} seconds are out of range; give more than 0, at most 3600.");
            if (arguments.GetValue(seeds) is var runs && runs is < 2 or > 10)
                throw ToolException.Usage($"--seeds is {runs}; give 2 to 10.");
            if (arguments.GetValue(svg) is not null && arguments.GetValue(seconds) > 60)
                throw ToolException.Usage("A picture shows 60 seconds at most.");
            if (arguments.GetValue(svg) is { } file)
                WindowPicture.Of(WindowRow.All[(chosen ?? 1) - 1], Pictured, Seed, (arguments.GetValue(seconds) ?? 0.5) * 1000).Save(file);
            else
                Figures(terminal, chosen is { } one ? [WindowRow.All[one - 1]] : WindowRow.All, runs, (arguments.GetValue(seconds) ?? 300) * 1000, cancellationToken);
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }

    private static void Figures(Terminal terminal, IReadOnlyList<WindowRow> rows, int runs, double milliseconds, CancellationToken cancellationToken)
    {
        var policies = Enum.GetValues<WindowPolicy>();
        var table = ProposalView.Table(["row", .. policies.Select(p => p.ToString()), "order of the phases"]);
        foreach (var row in rows)
        {
            terminal.Say($"{row}");
            var results = policies.Select(policy => Enumerable.Range(1, runs).AsParallel().WithCancellation(cancellationToken).Select(seed => WindowSimulation.Run(row, policy, seed, milliseconds)).ToArray()).ToArray();
            table.AddRow(ProposalView.Cells([row.ToString(), .. results.Select(r => Interval.Of([.. r.Select(x => x.TokensPerSecond)])), results[Array.IndexOf(policies, WindowPolicy.Phases)].Average(r => r.Order).ToString("0.00", CultureInfo.InvariantCulture)]));
        }
        terminal.Out.Write(table);
    }
}
