using Mesh.Bench.Running;
using Mesh.Chorus.Windows;
using Mesh.Simulation.Runs;

namespace Mesh.Bench.Chorus;

/// <param name="K">Experts that a session asks for each token.</param>
/// <param name="Way">One way between session and expert, ms.</param>
internal sealed record WindowsRow(int Sessions, int Experts, int K, int Way);

/// <summary>What the batch windows are worth on real experts in this process.</summary>
internal static class WindowsBench
{
    public const string Help = """
        tokens a second of sessions that ask K experts for each token and again when the last has answered: beginning at once, waiting for all expected, and the trial of both. Each policy has experts and
        sessions of its own, which take turns in slices of two seconds; ratios are to beginning at once in the same round, means with 95 % intervals. One thread an expert. The trial's clock runs
        in its slices only, and it goes for 33 s before the first round: two groups of epochs of a second, or the first whole one of four seconds.
        """;

    private const int Rounds = 6;
    private static readonly WindowPolicy[] Policies = [WindowPolicy.AtOnce, WindowPolicy.AllExpected, WindowPolicy.Auto];
    private static readonly WindowsRow[] Rows = [new(8, 2, 1, 0), new(16, 4, 2, 5), new(64, 2, 1, 20)];
    private static readonly TimeSpan Lead = TimeSpan.FromSeconds(0.4), Counted = TimeSpan.FromSeconds(1.6), Learning = TimeSpan.FromSeconds(33);

    public static async Task RunAsync(string? model)
    {
        if ((model ?? Models.Both.ElementAtOrDefault(1)) is not { } path)
        {
            Console.WriteLine("windows skipped: ../shared/models/smollm2-135m-instruct.Q4_1.gguf is not there; name a model.");
            return;
        }
        Console.WriteLine($"| {Path.GetFileName(path)} | at once, tokens/s | all expected, ratio | auto, ratio | sessions a decode: at once, all, auto | cores: at once, all, auto | auto's gain, trials |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var row in Rows)
            await MeasureAsync(path, row);
    }

    private static async Task MeasureAsync(string model, WindowsRow row)
    {
        var name = $"{row.Sessions} sessions, {row.Experts} experts, K {row.K}, way {row.Way} ms";
        Progress.Say(name);
        var arms = new List<WindowArm>();
        try
        {
            foreach (var policy in Policies)
                arms.Add(await WindowArm.LoadAsync(model, policy, row));
            // In one piece: whenever sessions stop and go, they begin in step, whatever the arm.
            await arms[^1].GoAsync(Lead, Learning);
            var slices = Policies.Select(_ => new List<WindowSlice>()).ToArray();
            for (var round = 0; round < Rounds; round++)
                for (var i = 0; i < arms.Count; i++)
                {
                    var turn = (i + round) % arms.Count;
                    slices[turn].Add(await arms[turn].GoAsync(Lead, Counted));
                }
            Console.WriteLine(
                $"| {name} | {MeanInterval.Of([.. slices[0].Select(s => s.TokensPerSecond)]).ToString("0.0")} | {Ratio(slices[1], slices[0])} | {Ratio(slices[2], slices[0])} "
                + $"| {string.Join(", ", arms.Select(a => $"{a.MeanBatch:0.0}"))} | {string.Join(", ", slices.Select(s => $"{s.Average(x => x.Cores):0.0}"))} | {arms[^1].Gain:0.00}, {arms[^1].Trials:0.0} |");
        }
        finally
        {
            foreach (var arm in arms)
                await arm.DisposeAsync();
        }
    }

    /// <summary>Of the rates' logarithms, pair by pair.</summary>
    private static string Ratio(List<WindowSlice> arm, List<WindowSlice> baseline)
    {
        if (arm.Concat(baseline).Any(s => s.TokensPerSecond == 0))
            return "none: a slice without a token";
        var logs = MeanInterval.Of([.. arm.Zip(baseline, (a, b) => Math.Log(a.TokensPerSecond / b.TokensPerSecond))]);
        return $"{Math.Exp(logs.Mean):0.00} ({Math.Exp(logs.Mean - logs.Half):0.00} to {Math.Exp(logs.Mean + logs.Half):0.00})";
    }
}
