using Mesh.Bench.Busy;
using Mesh.Bench.Bytes;
using Mesh.Bench.Chorus;
using Mesh.Bench.Decoding;
using Mesh.Bench.Durability;
using Mesh.Bench.Failover;
using Mesh.Bench.Governance;
using Mesh.Bench.Inference;
using Mesh.Bench.Latency;
using Mesh.Bench.Running;
using Mesh.Bench.SelfWork;
using Mesh.Bench.Sidecars;
using Mesh.Bench.Transports;

namespace Mesh.Bench;

/// <summary>The table of benchmarks. Exit codes: 0 measured, 1 failed, 2 wrong usage.</summary>
internal static class Program
{
    private static readonly Verb[] Verbs =
    [
        new("decode", "[rounds] [model...]", "one session and eight through router, stream and worker against a bare libllama loop", DecodeBench.Help, DecodeBench.RunAsync),
        new("order", "[model...]", "bare libllama speed of models loaded into one process in the order given", OrderBench.Help, args => Task.FromResult(OrderBench.Run(args))),
        new("bytes", "[texts]", "bytes per expert-token on the embedded and on a 128,256-token vocabulary, and what the floor costs", BytesBench.Help, BytesBench.RunAsync),
        new("router", "[rounds]", "router's time per token with experts that answer at once, by transport", RouterBench.Help, RouterBench.RunAsync),
        new("rows", "", "top-256 + log-sum-exp over a row of logits: microseconds and bytes allocated", RowBench.Help, _ => Task.FromResult(RowBench.Run())),
        new("failover", "[meshes]", "kill -9 of a worker under a running stream: time to the next token", FailoverBench.Help, FailoverBench.RunAsync),
        new("busy", "[router]", "greedy answers of a running mesh under load against those of the idle one", BusyBench.Help, BusyBench.RunAsync),
        new("latency", "[tokens] [models]", "K = 4 of 8 behind 0, 20, 100 ms one way: plain, over-selected, speculative", LatencyBench.Help, LatencyBench.RunAsync),
        new("sidecars", "[rounds] [part...]", "workflows, actor calls, invocation and publishing on daprd and on the embedded sidecar", SidecarHelp, SidecarBench.RunAsync),
        new("durability", "[seeds] [first] [part...]", "kill -9 of apps and sidecars under workflows: stuck, woken, lost, run again", DurabilityBench.Help, DurabilityBench.RunAsync),
        new("governance", "[percent] [part...]", "halts of 64 streams, appends, ledger sizes, decisions of the rules, open approvals", GovernanceBench.Help, GovernanceBench.RunAsync),
        new("selfwork", "[rounds]", "users' time of a token alone and beside the mesh's own work", SelfWorkBench.Help, SelfWorkBench.RunAsync),
        new("chorus", "[part...] [model]", "what phases, windows and priors cost and bring, part by part", ChorusBench.Help, ChorusBench.RunAsync),
        new("batch", "[model]", "llama_decode itself by sessions in the batch and by the context's settings", BatchBench.Help, args => Task.FromResult(BatchBench.Run(args))),
    ];

    private const string SidecarHelp = """
        Both sidecars in one run and in turns: workflows/s, actor calls/s, invocation p50/p99, publish-to-handle p50/p99; medians.
        rounds: 1 or more, 5 unless given. part: workflows, actors, invocation, publish; all four if none is named. daprd is left out where ~/.dapr/bin has none. Aim: the embedded one at least as fast on each.
        """;

    public static async Task<int> Main(string[] args)
    {
        if (args is [DurabilityBench.App, var grpc, var http, var journal, ..])
            return await DurableApp.RunAsync(grpc, http, journal, args[4..]);
        if (args is [] or ["--help" or "-h" or "help"])
        {
            Usage(args is [] ? Console.Error : Console.Out);
            return args is [] ? 2 : 0;
        }
        if (Array.Find(Verbs, v => v.Name == args[0]) is not { } verb)
        {
            Console.Error.WriteLine($"'{args[0]}' is no benchmark.");
            Usage(Console.Error);
            return 2;
        }
        if (args[1..].Any(a => a is "--help" or "-h"))
        {
            Console.WriteLine($"{verb.Name} {verb.Arguments}\n\n{verb.Help}");
            return 0;
        }
        try
        {
            return await verb.Run(args[1..]);
        }
        catch (BenchException wrong)
        {
            Console.Error.WriteLine($"{verb.Name}: {wrong.Message}");
            return 2;
        }
        catch (Exception fault)
        {
            Console.Error.WriteLine($"{verb.Name} failed: {fault}");
            return 1;
        }
    }

    private static void Usage(TextWriter to)
    {
        to.WriteLine("Usage: dotnet run -c Release --project bench/Mesh.Bench -- VERB [arguments] (VERB --help says more)");
        foreach (var verb in Verbs)
            to.WriteLine($"  {verb.Name + " " + verb.Arguments,-28} {verb.Summary}");
    }
}
