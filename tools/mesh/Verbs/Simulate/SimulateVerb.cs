using System.CommandLine;
using System.Globalization;
using Mesh.Chorus.Windows;
using Mesh.Simulation.Windows;
using Mesh.Tool.Governance.Views;
using Spectre.Console;

namespace Mesh.Tool.Verbs.Simulate;

/// <summary><c>mesh simulate</c>: what a mechanism would be worth, in virtual time.</summary>
internal static class SimulateVerb
{
    private static readonly double[] Student = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];   // two-sided 95 %, 1 to 9 degrees of freedom

    public static Command Create(Terminal terminal) => new("simulate", "Simulations of the mesh in virtual time; a seed is one run.") { Windows(terminal) };

    private static Verb Windows(Terminal terminal)
    {
        var seeds = new Option<int>("--seeds") { Description = "Runs of each kind, 2 to 10.", DefaultValueFactory = _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "Of virtual time, 1 to 3600; the first fifth is not counted.", DefaultValueFactory = _ => 300 };
        var command = new Verb("windows", "When an idle expert should begin to decode: tokens a second of each policy, with 95 % intervals.", "mesh simulate windows --seeds 5") { seeds, seconds };
        command.Does(terminal, (arguments, cancellationToken) =>
        {
            var (runs, time) = (Math.Clamp(arguments.GetValue(seeds), 2, 10), Math.Clamp(arguments.GetValue(seconds), 1, 3600) * 1000);
            var policies = Enum.GetValues<WindowPolicy>();
            var table = ProposalView.Table(["row", .. policies.Select(p => p.ToString()), "order of the phases"]);
            foreach (var row in WindowRow.All)
            {
                terminal.Say($"{row}");
                var results = policies.Select(policy => Enumerable.Range(1, runs).AsParallel().WithCancellation(cancellationToken).Select(seed => WindowSimulation.Run(row, policy, seed, time)).ToArray()).ToArray();
                table.AddRow(ProposalView.Cells([row.ToString(), .. results.Select(r => Interval([.. r.Select(x => x.TokensPerSecond)])), results[Array.IndexOf(policies, WindowPolicy.Phases)].Average(r => r.Order).ToString("0.00", CultureInfo.InvariantCulture)]));
            }
            terminal.Out.Write(table);
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }

    private static string Interval(double[] values)
    {
        var mean = values.Average();
        var half = Student[values.Length - 2] * Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1) / values.Length);
        return string.Create(CultureInfo.InvariantCulture, $"{mean:0} ± {half:0}");
    }
}
