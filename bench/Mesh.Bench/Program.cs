using Mesh.Bench.Inference;
using Mesh.Bench.Latency;

return args switch
{
    ["rows", ..] => RowBench.Run(),
    ["batch", .. var rest] => BatchBench.Run(rest),
    ["decode", .. var rest] => await DecodeBench.RunAsync(rest),
    ["sidecars", .. var rest] => await Mesh.Bench.Sidecars.SidecarBench.RunAsync(rest),
    ["latency", .. var rest] => await LatencyBench.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Usage: dotnet run -c Release --project bench/Mesh.Bench -- <bench>
          rows                top-256 + log-sum-exp over a row of logits: microseconds and bytes allocated
          batch [model]       llama_decode itself by batch size and by cells in use: processor time
          sidecars [rounds] [workflows] [actors] [invocation] [publish]
                              on daprd and on the embedded sidecar, in turns; all four if none is named
          decode [model...]   one session and eight through LlamaExpert against a bare libllama loop, tokens per second
          latency [tokens]    K = 4 of 8 behind 0, 20, 100 ms one way with Exp(50 ms) compute: plain, over-selected, speculative
        """);
    return 2;
}
