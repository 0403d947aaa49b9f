using System.Diagnostics.Metrics;

namespace Router.Api.Generation;

/// <summary>What the router tells a collector about completions.</summary>
internal sealed class RouterMeter
{
    private readonly Counter<long> _promptTokens, _answerTokens;
    private readonly Histogram<double> _seconds;

    public RouterMeter(IMeterFactory meters)
    {
        var meter = meters.Create("Mesh.Router");
        _promptTokens = meter.CreateCounter<long>("mesh.router.prompt_tokens", "{token}", "Tokens of prompts.");
        _answerTokens = meter.CreateCounter<long>("mesh.router.completion_tokens", "{token}", "Tokens of answers.");
        _seconds = meter.CreateHistogram<double>("mesh.router.completion", "s", "Time from a completion's turn to its end.");
    }

    public void OnCompletion(int promptTokens, int answerTokens, TimeSpan elapsed)
    {
        _promptTokens.Add(promptTokens);
        _answerTokens.Add(answerTokens);
        _seconds.Record(elapsed.TotalSeconds);
    }
}
