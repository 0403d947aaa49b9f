using System.Diagnostics;
using Mesh.Bench.Running;
using Mesh.Chorus.Windows;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Inference;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Bench.Chorus;

/// <summary><c>windows [model] [rounds] [sessions]</c>: what the batch windows are worth on real experts in this process, behind a line of fixed delay.</summary>
internal static class WindowsBench
{
    public const string Help = """
        Tokens a second of sessions that ask K experts for each token and again when the last has answered: beginning at once, waiting for all expected, and the
        trial of both, in turns within one run; ratios to beginning at once in the same round, mean with 95 % interval. 2 experts with K = 1 and 4 with K = 2, one
        thread each, 0, 5 and 20 ms one way. Auto has learnt for two groups of epochs before the first round.
        model: a GGUF file, ../shared/models/smollm2-135m-instruct.Q4_1.gguf unless given. rounds: 3 to 10, 4 unless given. sessions: 2 to 64, 16 unless given.
        """;

    private const int Held = 8, Tokens = 64;   // of a session, before it begins anew
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(2), Learning = TimeSpan.FromSeconds(8), Settling = TimeSpan.FromSeconds(0.5);
    private static readonly WindowPolicy[] Arms = [WindowPolicy.AtOnce, WindowPolicy.AllExpected, WindowPolicy.Auto];
    private static readonly double[] Student = [4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];   // two-sided 95 %, 2 to 9 degrees of freedom

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Length == 0 && Models.Both is not [_, _])
        {
            Console.WriteLine("Skipped: ../shared/models/smollm2-135m-instruct.Q4_1.gguf is not there; give a model.");
            return 0;
        }
        var model = arguments.Length > 0 ? Arguments.File(arguments[0]) : Models.Both[1];
        var (rounds, sessions) = (arguments.Number(1, "rounds", 3, 10, 4), arguments.Number(2, "sessions", 2, 64, 16));
        Console.WriteLine($"| {Path.GetFileName(model)}, {sessions} sessions | at once, tokens/s | all expected, ratio | auto, ratio | batch: at once, all, auto | auto's gain, trials |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var (experts, k) in ((int, int)[])[(2, 1), (4, 2)])
        {
            var meshes = new List<LlamaExpert[]>();
            try
            {
                foreach (var arm in Arms)
                    meshes.Add(await LoadAsync(model, experts, arm, sessions));
                foreach (var delay in (int[])[0, 5, 20])
                    await MeasureAsync(meshes, k, sessions, delay, rounds);
            }
            finally
            {
                foreach (var expert in meshes.SelectMany(m => m))
                    await expert.DisposeAsync();
            }
        }
        return 0;
    }

    private static async Task<LlamaExpert[]> LoadAsync(string model, int experts, WindowPolicy arm, int sessions)
    {
        var mesh = new LlamaExpert[experts];
        for (var i = 0; i < experts; i++)
            mesh[i] = await LlamaExpert.LoadAsync(
                new() { Id = ExpertId.Parse($"{arm.ToString().ToLowerInvariant()}-{i}"), ModelPath = model, Threads = 1 },
                new() { BatchWindow = arm, MaxSequences = sessions, MaxContext = 256, ExpertsOnMachine = experts }, NullLogger.Instance);
        return mesh;
    }

    private static async Task MeasureAsync(List<LlamaExpert[]> meshes, int k, int sessions, int delay, int rounds)
    {
        var rates = Arms.Select(_ => new List<double>()).ToArray();
        await RunSliceAsync(meshes[^1], k, sessions, delay, Learning);
        for (var round = 0; round < rounds; round++)
            for (var i = 0; i < Arms.Length; i++)
            {
                var arm = (i + round) % Arms.Length;
                rates[arm].Add(await RunSliceAsync(meshes[arm], k, sessions, delay, Slice));
            }
        var windows = meshes.Select(m => m.SelectMany(e => e.Windows).ToArray()).ToArray();
        Console.WriteLine(
            $"| {meshes[0].Length} experts, K {k}, way {delay} ms | {rates[0].Average():0.0} | {Ratio(rates[1], rates[0])} | {Ratio(rates[2], rates[0])} "
            + $"| {string.Join(", ", windows.Select(w => w.Average(s => s.MeanBatch).ToString("0.0")))} | {windows[^1].Average(s => s.Gain):0.00}, {windows[^1].Average(s => s.Trials):0.0} |");
        Progress.Say($"way {delay} ms: {string.Join("; ", rates.Select((r, i) => $"{Arms[i]} {string.Join(' ', r.Select(x => x.ToString("0")))}"))}");
    }

    private static string Ratio(List<double> arm, List<double> baseline)
    {
        var logs = arm.Zip(baseline, (a, b) => Math.Log(a / b)).ToArray();
        var mean = logs.Average();
        var half = Student[logs.Length - 3] * Math.Sqrt(logs.Sum(l => (l - mean) * (l - mean)) / (logs.Length - 1) / logs.Length);
        return $"{Math.Exp(mean):0.00} ({Math.Exp(mean - half):0.00} to {Math.Exp(mean + half):0.00})";
    }

    /// <summary>Tokens a second of all sessions after they have settled.</summary>
    private static async Task<double> RunSliceAsync(LlamaExpert[] mesh, int k, int sessions, int delay, TimeSpan length)
    {
        using var stop = new CancellationTokenSource();
        var tokens = 0L;
        var running = Enumerable.Range(0, sessions).Select(s => Task.Run(() => SessionAsync(mesh, k, s, delay, () => Interlocked.Increment(ref tokens), stop.Token))).ToArray();
        await Task.Delay(Settling);
        var (before, begun) = (Interlocked.Read(ref tokens), Stopwatch.GetTimestamp());
        await Task.Delay(length);
        var rate = (Interlocked.Read(ref tokens) - before) / Stopwatch.GetElapsedTime(begun).TotalSeconds;
        await stop.CancelAsync();
        await Task.WhenAll(running);
        return rate;
    }

    private static async Task SessionAsync(LlamaExpert[] mesh, int k, int number, int delay, Action emitted, CancellationToken stopping)
    {
        var random = new Random(number);
        while (!stopping.IsCancellationRequested)
        {
            var chosen = mesh.ToArray();
            random.Shuffle(chosen);
            chosen = chosen[..k];
            var (session, position) = (SessionId.New(), 0);
            var requests = chosen.Select(_ => (Request: new StepRequest(), Reply: new StepReply())).ToArray();
            for (var token = 0; token < Tokens && !stopping.IsCancellationRequested; token++)
            {
                var appended = token == 0 ? Held : 1;
                for (var i = 0; i < k; i++)
                {
                    requests[i].Request.Reset(session, (uint)token + 1, position);
                    for (var t = 0; t < appended; t++)
                        requests[i].Request.Append(5 + random.Next(1000));
                }
                await Task.WhenAll(chosen.Select((expert, i) => AskAsync(expert, requests[i].Request, requests[i].Reply, delay)));
                position += appended;
                emitted();
            }
            foreach (var expert in chosen)
                expert.Release(session);
        }
    }

    private static async Task AskAsync(LlamaExpert expert, StepRequest request, StepReply reply, int delay)
    {
        if (delay > 0)
            await Task.Delay(delay);
        await expert.StepAsync(request, reply, CancellationToken.None);
        if (reply.Status != StepStatus.Ok)
            throw new InvalidOperationException($"{expert.Expert} answered {reply.Status}.");
        if (delay > 0)
            await Task.Delay(delay);
    }
}
