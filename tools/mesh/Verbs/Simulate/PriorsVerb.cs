using System.CommandLine;
using Mesh.Simulation.Priors;
using Mesh.Tool.Governance.Views;
using Spectre.Console;

namespace Mesh.Tool.Verbs.Simulate;

/// <summary><c>mesh simulate priors</c>: fatigue against load balancing, and exploration noise against what explores already.</summary>
internal static class PriorsVerb
{
    private const string Until = "tokens until";

    private static readonly (string Name, string Format, Func<PriorResult, double> Of)[] LoadMeasures =
    [
        ("p50 ms", "0", r => r.P50), ("p99 ms", "0", r => r.P99), ("Jain", "0.00", r => r.Jain), ("tokens/s", "0", r => r.TokensPerSecond), ("nats lost a token", "0.000", r => r.Nats),
    ];

    private static readonly (string Name, string Format, Func<PriorResult, double> Of)[] ChangeMeasures =
        [(Until, "0.0", r => r.TokensUntil), ("nats lost a token", "0.000", r => r.NatsAfter)];

    public static Verb Create(Terminal terminal)
    {
        var seeds = new Option<int>("--seeds") { Description = "Runs of each kind, 2 to 10.", DefaultValueFactory = _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "Of virtual time, 10 to 600; the first fifth is not counted.", DefaultValueFactory = _ => 30 };
        var command = new Verb("priors", "Fatigue and exploration noise as parts of the gate, against their baselines: the first column, and how far the others are from it, seed by seed, with 95 % intervals.", "mesh simulate priors --seeds 5") { seeds, seconds };
        command.Does(terminal, (arguments, cancellationToken) =>
        {
            var (runs, given) = (arguments.GetValue(seeds), arguments.GetValue(seconds));
            if (runs is < 2 or > 10)
                throw ToolException.Usage($"{runs} seeds are out of range; give 2 to 10.");
            if (!(given is >= 10 and <= 600))
                throw ToolException.Usage($"{given} seconds are out of range; give 10 to 600.");
            var length = TimeSpan.FromSeconds(given);
            Table(PriorScenario.Load, PriorMechanism.ForLoad, LoadMeasures);
            Table(PriorScenario.Changes, PriorMechanism.ForChanges, ChangeMeasures);
            return Task.FromResult(ExitCode.Ok);

            void Table(IReadOnlyList<PriorScenario> scenarios, IReadOnlyList<PriorMechanism> mechanisms, (string Name, string Format, Func<PriorResult, double> Of)[] measures)
            {
                var table = ProposalView.Table(["row", "", .. mechanisms.Select(m => m.Name)]);
                foreach (var scenario in scenarios)
                {
                    terminal.Say($"{scenario.Name}");
                    var results = mechanisms.Select(mechanism => Enumerable.Range(1, runs).AsParallel().AsOrdered().WithCancellation(cancellationToken)
                        .Select(seed => PriorSimulation.Run(scenario, mechanism, seed, length)).ToArray()).ToArray();
                    foreach (var (name, format, of) in measures.Where(m => m.Name != Until || scenario.Change != ExpertChange.None))
                        table.AddRow(ProposalView.Cells([scenario.Name, name, Mean(results[0].Select(of), format), .. results.Skip(1).Select(r => Difference(r, results[0], of, format))]));
                }
                terminal.Out.Write(table);
            }
        });
        return command;
    }

    /// <summary>Seed by seed: the same sessions with the same texts.</summary>
    private static string Difference(PriorResult[] results, PriorResult[] baseline, Func<PriorResult, double> of, string format) =>
        Mean(results.Zip(baseline, (a, b) => of(a) - of(b)), format, sign: true);

    /// <summary>Of the runs that have something to show.</summary>
    private static string Mean(IEnumerable<double> values, string format, bool sign = false) =>
        values.Where(double.IsFinite).ToArray() is { Length: > 1 } seen ? Interval.Of(seen, format, sign) : "none";
}
