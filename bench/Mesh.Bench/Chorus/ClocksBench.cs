using Mesh.Bench.Hosting;
using Mesh.Bench.Running;
using Mesh.Bench.Transports;
using Mesh.Chorus.Phases;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Runs;
using Microsoft.Extensions.Logging.Abstractions;
using System.Diagnostics;

namespace Mesh.Bench.Chorus;

/// <summary>(j): what phases cost a token, in lock-step and on a clock of their own.</summary>
internal static class ClocksBench
{
    public const string Help = """
        what a token costs without phases, with phases on a thread of their own whose snapshot it reads, and in lock-step, where it waits for a message to and from each of the N members over
        TCP on the loopback device and for the sum over all pairs. The same token loop, K = 4 of N = 4 to 1,024 experts that answer at once; the three take turns, means with 95 % intervals over the rounds.
        Then 64 sessions at N = 1,024 on one machine that decodes for 5 ms a token, near the shape of the paper's 1,450 ms and 45.2 tokens/s. It draws docs/chorus-clocks.svg.
        Aims: the phases cost a token the same at every N; there at least 78 % less latency and 4.1 times the throughput.
        """;

    private const int K = 4, Rounds = 6, ShapeRounds = 4, Sessions = 64, MostTokens = 10_000;
    private static readonly int[] Sizes = [4, 16, 64, 256, 1024];
    private static readonly TimeSpan Lead = TimeSpan.FromMilliseconds(50), Counted = TimeSpan.FromMilliseconds(400), Decode = TimeSpan.FromMilliseconds(5);

    public static async Task RunAsync()
    {
        var experts = Enumerable.Range(0, Sizes[^1]).Select(i => new InstantExpert(ExpertId.Parse($"e{i}"), i)).ToArray();
        Console.WriteLine(Clocks.Header);
        Progress.Say("warming up");
        await MeasureAsync(experts[..Sizes[0]]);
        var clocks = new List<Clocks>();
        foreach (var size in Sizes)
        {
            Progress.Say($"N = {size}");
            clocks.Add(await MeasureAsync(experts[..size]));
            Console.WriteLine(clocks[^1]);
        }
        ClocksChart.Draw(Path.Combine(Models.Root, "docs", "chorus-clocks.svg"), clocks);
        Aim.AtMost($"(j) decoupled phases add to a token at N = {Sizes[^1]}, ms", 0.01, clocks[^1].Added.Mean, "0.0000");
        Console.WriteLine();
        await ShapeAsync(experts);
    }

    private static async Task<Clocks> MeasureAsync(InstantExpert[] experts)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var lockStep = await LockStep.StartAsync(experts.Length, end.Token);
        var (field, shared) = Field(experts);
        var step = StepMilliseconds(field);
        TokenSide alone = new(Loop(experts), null), decoupled = new(Loop(shared), new SnapshotPace(field, Names(experts))), waiting = new(Loop(shared), lockStep);
        for (var round = 0; round < Rounds; round++)
        {
            await alone.RoundAsync(1, Lead, Counted, MostTokens);
            using (new PhaseLoop(field))
                await decoupled.RoundAsync(1, Lead, Counted, MostTokens);
            await waiting.RoundAsync(1, Lead, Counted, MostTokens);
        }
        return new(experts.Length, alone, decoupled, waiting, step);
    }

    /// <summary>Many sessions on one machine, each waiting for those before it.</summary>
    private static async Task ShapeAsync(InstantExpert[] experts)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var lockStep = await LockStep.StartAsync(experts.Length, end.Token);
        var (field, shared) = Field(experts);
        using OneDecoder behind = new(lockStep, Decode), free = new(new SnapshotPace(field, Names(experts)), Decode);
        TokenSide waiting = new(Loop(shared), behind), decoupled = new(Loop(shared), free);
        for (var round = 0; round < ShapeRounds; round++)
        {
            Progress.Say($"{Sessions} sessions, round {round + 1} of {ShapeRounds}");
            await waiting.RoundAsync(Sessions, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(4));
            using (new PhaseLoop(field))
                await decoupled.RoundAsync(Sessions, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(2));
        }
        var less = MeanInterval.Of([.. waiting.Milliseconds.Zip(decoupled.Milliseconds, (slow, fast) => 100 * (1 - fast / slow))]);
        var more = MeanInterval.Of([.. decoupled.Rates.Zip(waiting.Rates, (fast, slow) => fast / slow)]);
        Console.WriteLine($"| {Sessions} sessions, N = {experts.Length}, one decoder of {Decode.TotalMilliseconds} ms a token | lock-step | decoupled | |");
        Console.WriteLine("| --- | --- | --- | --- |");
        Console.WriteLine($"| ms a token | {MeanInterval.Of(waiting.Milliseconds).ToString("0")} | {MeanInterval.Of(decoupled.Milliseconds).ToString("0")} | {less.ToString("0.0")} % less |");
        Console.WriteLine($"| p99 | {waiting.P99:0} | {decoupled.P99:0} | |");
        Console.WriteLine($"| tokens/s | {MeanInterval.Of(waiting.Rates).ToString("0.0")} | {MeanInterval.Of(decoupled.Rates).ToString("0.0")} | {more.ToString("0.00")} times |");
        Console.WriteLine("| the paper: ms, tokens/s | 1450, 45.2 | 320, 185.6 | 77.9 % less, 4.11 times |");
        Aim.AtLeast("(j) in the paper's shape, % less latency", 78, less.Mean, "0.0");
        Aim.AtLeast("(j) in the paper's shape, times the throughput", 4.1, more.Mean);
    }

    private static (PhaseField Field, IExpertChannel[] Shared) Field(InstantExpert[] experts)
    {
        var field = new PhaseField(new(), TimeProvider.System);
        var shared = experts.Select((expert, i) => new SharedExpert(expert, TimeSpan.FromMilliseconds(20 + 0.2 * i / experts.Length))).ToArray();
        foreach (var expert in shared)
            field.Join(expert.Expert.Value, expert);
        return (field, shared);
    }

    private static EnsembleTokenLoop Loop(IEnumerable<IExpertChannel> experts) =>
        new(new FixedPool([.. experts.Select(e => new ExpertPeer(Card, e))]), new() { K = K }, TimeProvider.System, NullLogger<EnsembleTokenLoop>.Instance);

    private static ModelCard Card { get; } = new InstantExpert(ExpertId.Parse("any"), 0).Card;

    private static string[] Names(InstantExpert[] experts) => [.. experts.Take(K).Select(e => e.Expert.Value)];

    /// <summary>One step with all members turning, median of many.</summary>
    private static double StepMilliseconds(PhaseField field)
    {
        while (field.Current.Names.Count(name => field.Current.Find(name)!.Value.IsTurning) < field.Current.Names.Count || field.Current.Steps == 0)
        {
            Thread.Sleep(field.Options.Step);
            field.Advance();
        }
        var took = new List<double>();
        for (var i = 0; i < 200; i++)
        {
            var start = Stopwatch.GetTimestamp();
            field.Advance();
            took.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return took.Median();
    }
}
