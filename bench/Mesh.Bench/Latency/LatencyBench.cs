using Mesh.Bench.Hosting;
using Mesh.Bench.Running;
using Mesh.Contracts.Experts;
using Mesh.Ensemble;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Sampling;
using Mesh.Ensemble.TokenLoop;
using Mesh.Inference;
using Mesh.Inference.Tokenizer;
using Mesh.Simulation.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Bench.Latency;

/// <summary>
/// <c>latency [tokens] [models]</c>: tokens per second of K = 4 of 8 experts behind 0, 20 and 100 ms one way with Exp(50 ms) compute, plain, over-selected
/// and speculative, side by side in one run, against the formula T = 2 d + 50 H_K + 10 ms. The experts are the embedded models, so drafts are accepted as
/// often as they are in earnest; the line and the slowness of the hosts are made up, in virtual time, so that the load of this machine does not matter.
/// </summary>
internal static class LatencyBench
{
    public const string Help = """
        Tokens per second of K = 4 of 8 experts behind 0, 20 and 100 ms one way with Exp(50 ms) compute, against the formula T = 2 x way + 50 H_K + 10 ms. The experts
        are the embedded models, so drafts are accepted as often as in earnest; line and slowness are made up, in virtual time.
        tokens: 8 to 400 of each of six prompts, 64 unless given. models: a folder of GGUF files, models/ unless given.
        Aims at 100 ms: 3.9 plain, 12 speculative.
        """;

    private const int Experts = 8, K = 4;
    private static readonly TimeSpan Compute = TimeSpan.FromMilliseconds(50);

    private static readonly string[] Prompts =
    [
        "Define photosynthesis.", "What does the command grep do?", "Continue the verse: In the beginning God created", "What is 17 + 25?",
        "Write a Python function read_lines that does this: reads a file and returns its lines.", "What does river mean?",
    ];

    private sealed record Mode(string Name, int OverSelection, int Speculation, float Temperature, bool PerDecode);

    private static readonly Mode[] Modes =
    [
        new("plain", 0, 0, 0, false),
        new("over-selected", 4, 0, 0, false),
        new("speculative, T = 0", 4, 16, 0, false),
        new("speculative, T = 1", 4, 16, 1, false),
        new("speculative, T = 0, each decode costs 50 ms", 4, 16, 0, true),
    ];

    public static async Task<int> RunAsync(string[] arguments)
    {
        var tokens = arguments.Number(0, "tokens", 8, 400, 64);
        var files = Directory.GetFiles(arguments.Length > 1 ? arguments[1] : Models.Embedded, "*.gguf").Order(StringComparer.Ordinal).ToArray();
        using var tokenizer = ModelTokenizer.Load(files[0]);
        var experts = new List<LlamaExpert>();
        for (var i = 0; i < Experts; i++)
        {
            var file = files[i % files.Length];
            var id = ExpertId.FromText($"{Path.GetFileNameWithoutExtension(file)}-{i}");
            experts.Add(await LlamaExpert.LoadAsync(new() { Id = id, ModelPath = file, Threads = 1 }, new(), NullLogger.Instance));
        }
        try
        {
            Console.WriteLine($"{tokens} tokens of each of {Prompts.Length} prompts, {Experts} experts over {files.Length} files, K = {K}, compute Exp({Compute.TotalMilliseconds} ms)");
            Console.WriteLine();
            Console.WriteLine("| one way | formula | " + string.Join(" | ", Modes.Select(m => m.Name)) + " |");
            Console.WriteLine("| --- | --- | " + string.Join(" | ", Modes.Select(_ => "---")) + " |");
            foreach (var delay in new[] { 0, 20, 100 })
            {
                var formula = 1000 / (2 * delay + Compute.TotalMilliseconds * Enumerable.Range(1, K).Sum(i => 1.0 / i) + 10);
                Console.Write($"| {delay} ms | {formula:0.0} |");
                foreach (var mode in Modes)
                {
                    var time = new VirtualTime(1);
                    var rate = 0.0;
                    time.Run(async () => rate = await MeasureAsync(experts, tokenizer, mode, TimeSpan.FromMilliseconds(delay), tokens, time), long.MaxValue);
                    Console.Write($" {rate:0.0} |");
                    if (delay == 100 && !mode.PerDecode)
                        Aim.AtLeast($"(g) {mode.Name} at 100 ms, tokens/s", mode.Speculation > 0 ? 12 : 3.9, rate, "0.0");
                }
                Console.WriteLine();
            }
            Aim.Print();
            return 0;
        }
        finally
        {
            foreach (var expert in experts)
                await expert.DisposeAsync();
        }
    }

    private static async Task<double> MeasureAsync(
        List<LlamaExpert> experts, ModelTokenizer tokenizer, Mode mode, TimeSpan oneWay, int tokens, TimeProvider clock)
    {
        var peers = experts.Select((expert, i) => new ExpertPeer(expert.Card, new DistantExpert(expert, oneWay, Compute, mode.PerDecode, clock, i)));
        var options = new EnsembleOptions { K = K, OverSelection = mode.OverSelection, Speculation = mode.Speculation, MinimumDeadline = TimeSpan.FromSeconds(2) };
        var loop = new EnsembleTokenLoop(new FixedPool([.. peers]), options, clock, NullLogger<EnsembleTokenLoop>.Instance);
        var (time, count) = (TimeSpan.Zero, 0);
        foreach (var prompt in Prompts)
        {
            var request = new GenerationRequest
            {
                Prompt = tokenizer.EncodeChat([new("user", prompt)]), EndTokens = new HashSet<int>(), MaxTokens = tokens,
                Sampling = new SamplingOptions { Temperature = mode.Temperature, Seed = 1 },
            };
            var (first, generated) = (0L, 0);
            await foreach (var _ in loop.RunAsync(request))
                if (generated++ == 0)
                    first = clock.GetTimestamp();
            // The first token is the prompt's.
            time += clock.GetElapsedTime(first);
            count += generated - 1;
        }
        return count / time.TotalSeconds;
    }
}
