using Expert.Worker.Experts;
using Mesh.Contracts.Experts;
using Mesh.Ensemble;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Sampling;
using Mesh.Ensemble.TokenLoop;
using Microsoft.Extensions.Logging.Abstractions;
using Mesh.Bench.Running;
using Router.Api.Experts;
using Router.Api.Tests.Experts;

namespace Mesh.Bench.Hosting;

/// <summary>
/// The router's token loop over real direct streams (HTTP/2 over loopback) to a real worker host, both in this process; only the sidecar is left out, since
/// tokens do not pass it.
/// </summary>
internal sealed class RouterMesh : IAsyncDisposable
{
    private static readonly HashSet<int> NoEnd = [];
    private readonly WorkerHost _worker;
    private readonly ExpertMetrics _metrics = new();
    private readonly List<DirectExpertChannel> _channels = [];
    private readonly Dictionary<ExpertId, ExpertPeer> _peers = [];

    private RouterMesh(WorkerHost worker) => _worker = worker;

    /// <param name="loader">Instead of the one that loads GGUF files.</param>
    public static async Task<RouterMesh> StartAsync(IExpertLoader? loader = null, params string[] settings) =>
        new(await WorkerHost.StartAsync(loader, settings));

    /// <summary>Loads an expert on the worker and opens the router's stream to it.</summary>
    public async Task<ModelCard> AddAsync(ExpertSpec spec)
    {
        var status = await _worker.LoadAsync(spec);
        if (status is not { State: ExpertState.Ready, Model: { } card })
            throw new BenchException($"Expert '{spec.Id}' is {status.State}: {status.Reason}");
        var admission = await _worker.AdmitAsync(spec.Id, CancellationToken.None);
        var channel = await DirectExpertChannel.OpenAsync(spec.Id, admission, TimeSpan.FromSeconds(10), _metrics, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        _channels.Add(channel);
        _peers[spec.Id] = new(card, channel);
        return card;
    }

    public EnsembleTokenLoop Loop(EnsembleOptions options, params ExpertId[] experts) =>
        new(new FixedPool([.. experts.Select(id => _peers[id])]), options, TimeProvider.System, NullLogger<EnsembleTokenLoop>.Instance);

    /// <summary>Runs so many greedy sessions at once; tokens of all of them per second.</summary>
    public static async Task<double> TokensPerSecondAsync(EnsembleTokenLoop loop, int sessions, int tokens)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, sessions).Select(n => Task.Run(() => SessionAsync(loop, 5 + n, tokens))));
        return sessions * tokens / System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task SessionAsync(EnsembleTokenLoop loop, int token, int tokens)
    {
        var request = new GenerationRequest { Prompt = new[] { token }, EndTokens = NoEnd, MaxTokens = tokens, Sampling = new SamplingOptions { Temperature = 0 } };
        var generated = 0;
        await foreach (var _ in loop.RunAsync(request))
            generated++;
        if (generated != tokens)
            throw new InvalidOperationException($"{generated} tokens came instead of {tokens}.");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
            await channel.DisposeAsync();
        await _worker.DisposeAsync();
        _metrics.Dispose();
    }
}
