using System.Diagnostics.Metrics;
using Mesh.Contracts.Experts;
using Router.Api.Experts;

namespace Router.Api.Generation;

/// <summary>What the router tells a collector about completions.</summary>
internal sealed class RouterMeter
{
    private static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256] };
    private readonly Counter<long> _promptTokens, _answerTokens, _backgroundTokens, _stalledReaders;
    private readonly Histogram<double> _seconds;

    public RouterMeter(IMeterFactory meters, GenerationQueue queue, BackgroundPace background, IExpertDirectory experts)
    {
        var meter = meters.Create("Mesh.Router");
        _promptTokens = meter.CreateCounter<long>("mesh.router.prompt_tokens", "{token}", "Tokens of prompts.");
        _answerTokens = meter.CreateCounter<long>("mesh.router.completion_tokens", "{token}", "Tokens of answers.");
        _backgroundTokens = meter.CreateCounter<long>("mesh.router.background_tokens", "{token}", "Tokens of the mesh's own work, of prompts and answers; in no other figure.");
        _stalledReaders = meter.CreateCounter<long>("mesh.router.stalled_readers", "{connection}", "Connections closed because their reader took nothing for too long.");
        _seconds = meter.CreateHistogram("mesh.router.completion.duration", "s", "Time a completion took; waits for its turn and its reader are not counted.", advice: Seconds);
        meter.CreateObservableGauge("mesh.router.running", () => queue.Running, "{completion}", "Answers that are being generated.");
        meter.CreateObservableGauge("mesh.router.waiting", () => queue.Waiting, "{completion}", "Answers that wait for their turn.");
        meter.CreateObservableGauge("mesh.router.background_waiting", () => background.Waiting, "{round}", "Tokens and texts of the mesh's own work that wait for users.");
        meter.CreateObservableGauge("mesh.router.experts", () => Count(experts), "{expert}", "Experts by state.");
    }

    public void OnCompletion(int promptTokens, int answerTokens, TimeSpan elapsed)
    {
        _promptTokens.Add(promptTokens);
        _answerTokens.Add(answerTokens);
        _seconds.Record(elapsed.TotalSeconds);
    }

    public void OnBackground(int tokens) => _backgroundTokens.Add(tokens);

    public void OnStalledReader() => _stalledReaders.Add(1);

    private static IEnumerable<Measurement<int>> Count(IExpertDirectory experts)
    {
        var known = experts.List();
        return Enum.GetValues<ExpertState>().Select(state => new Measurement<int>(known.Count(e => e.State == state), new KeyValuePair<string, object?>("state", state.ToString().ToLowerInvariant())));
    }
}
