using System.Diagnostics.Metrics;

namespace SelfPrompt.Agent.Runs;

/// <summary>What the agent tells a collector.</summary>
internal sealed class RunMeter
{
    private readonly Counter<long> _begun, _ended;

    public RunMeter(IMeterFactory meters)
    {
        var meter = meters.Create("Mesh.SelfPrompt");
        _begun = meter.CreateCounter<long>("mesh.selfprompt.runs_begun", "{run}", "Runs that were begun.");
        _ended = meter.CreateCounter<long>("mesh.selfprompt.runs_ended", "{run}", "Runs that ended, by outcome.");
    }

    public void OnBegin() => _begun.Add(1);

    public void OnEnd(string outcome) => _ended.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
