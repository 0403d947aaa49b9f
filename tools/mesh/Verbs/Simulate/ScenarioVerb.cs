using System.CommandLine;
using Mesh.Simulation.Runs;
using Mesh.Simulation.Scenarios;
using Mesh.Simulation.Timelines;
using Mesh.Tool.Governance.Views;
using Spectre.Console;

namespace Mesh.Tool.Verbs.Simulate;

/// <summary><c>mesh simulate --scenario</c>: the whole mesh in virtual time, one seed as a timeline or many as means.</summary>
internal static class ScenarioVerb
{
    private const int MostSeeds = 1_000_000, MostFaults = 20;

    public static Verb Create(Terminal terminal)
    {
        var list = new Option<bool>("--list") { Description = "The scenarios there are." };
        var scenario = new Option<string?>("--scenario") { Description = "What goes wrong; with --seeds it may be absent: all of them." };
        var seed = new Option<int?>("--seed") { Description = "One run, as a timeline; 1 unless given." };
        var seeds = new Option<string?>("--seeds") { Description = "Many runs of each scenario, such as 1..1000: means with 95 % intervals." };
        var events = new Option<string?>("--events") { Description = "'all': every event of the timeline, tokens included." };
        var svg = new Option<string?>("--svg") { Description = "The file to write the timeline to as a picture." };
        events.AcceptOnlyFromAmong("all");
        var command = new Verb("simulate", "Simulations of the mesh in virtual time; a seed is one run, the same every time.", "mesh simulate --scenario partition --seed 7\nmesh simulate --seeds 1..1000") { list, scenario, seed, seeds, events, svg };
        command.Does(terminal, (arguments, cancellationToken) =>
        {
            var name = arguments.GetValue(scenario);
            if (arguments.GetValue(seeds) is { } range)
            {
                if (arguments.GetValue(seed) is not null || arguments.GetValue(svg) is not null || arguments.GetValue(events) is not null)
                    throw ToolException.Usage("--seeds gives means; --seed, --events and --svg are for one run.");
                return Task.FromResult(Many(terminal, name is null ? Scenario.All : [Named(name)], Range(range), cancellationToken));
            }
            if (arguments.GetValue(list))
                return Task.FromResult(List(terminal));
            return Task.FromResult(One(terminal, MeshRun.Of(Named(name ?? throw ToolException.Usage($"--scenario is missing. {Known}")), arguments.GetValue(seed) ?? 1), arguments.GetValue(events) is not null, arguments.GetValue(svg)));
        });
        return command;
    }

    private static string Known => $"There are: {string.Join(", ", Scenario.All.Select(s => s.Name))}.";

    private static Scenario Named(string name) => Scenario.Find(name) ?? throw ToolException.Usage($"There is no scenario '{name}'. {Known}");

    private static (int First, int Last) Range(string text) =>
        text.Split("..") is [var from, var to] && int.TryParse(from, out var first) && int.TryParse(to, out var last) && first >= 0 && last >= first && last - first < MostSeeds
            ? (first, last) : throw ToolException.Usage($"'{text}' is no range of seeds; expected from..to, such as 1..1000, at most {MostSeeds}.");

    private static int List(Terminal terminal)
    {
        var grid = ProposalView.Grid();
        foreach (var scenario in Scenario.All)
            ProposalView.Row(grid, scenario.Name, scenario.Description);
        terminal.Out.Write(grid);
        return ExitCode.Ok;
    }

    private static int One(Terminal terminal, MeshRun run, bool all, string? picture)
    {
        terminal.Print($"{run.Scenario.Name}, seed {run.Seed}: {run.Nodes} nodes, quorum {run.Quorum}, routers {string.Join(", ", run.Routers)}. {run.Scenario.Description}");
        foreach (var line in TimelineText.Lines(run.Timeline, all))
            terminal.Print(line);
        if (picture is not null)
            TimelinePicture.Of(run).Save(picture);
        terminal.Out.Write(RunTable.Of([(run.Scenario, [run])]));
        terminal.Print(run.Fault ?? "All invariants held.");
        return run.Fault is null ? ExitCode.Ok : ExitCode.Refused;
    }

    private static int Many(Terminal terminal, IReadOnlyList<Scenario> scenarios, (int First, int Last) seeds, CancellationToken cancellationToken)
    {
        var count = seeds.Last - seeds.First + 1;
        var results = terminal.Error.Progress().Start(progress => scenarios.Select(scenario =>
        {
            var task = progress.AddTask(Markup.Escape(scenario.Name), maxValue: count);
            var runs = Enumerable.Range(seeds.First, count).AsParallel().WithCancellation(cancellationToken).Select(seed =>
            {
                var run = RunTable.Light(MeshRun.Of(scenario, seed));
                task.Increment(1);
                return run;
            }).ToArray();
            return (scenario, (IReadOnlyList<MeshRun>)runs);
        }).ToArray());
        terminal.Out.Write(RunTable.Of(results));
        var failed = results.SelectMany(r => r.Item2).Where(r => r.Fault is not null).ToArray();
        foreach (var run in failed.Take(MostFaults))
            terminal.Print(run.Fault!);
        terminal.Print(failed.Length == 0 ? $"All invariants held in {count * scenarios.Count} runs." : $"{failed.Length} of {count * scenarios.Count} runs broke an invariant{(failed.Length > MostFaults ? $"; the first {MostFaults} are above" : "")}.");
        return failed.Length == 0 ? ExitCode.Ok : ExitCode.Refused;
    }
}
