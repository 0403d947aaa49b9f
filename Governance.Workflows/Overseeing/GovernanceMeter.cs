using System.Diagnostics.Metrics;

namespace Governance.Workflows.Overseeing;

/// <summary>What governance counts.</summary>
internal sealed class GovernanceMeter
{
    private static readonly Meter Meter = new("Mesh.Governance");
    private readonly Histogram<double> _commit = Meter.CreateHistogram<double>("mesh.governance.commit", "s", "From an append to its commit by a majority of witnesses.");
    private readonly Histogram<double> _quorum = Meter.CreateHistogram<double>("mesh.governance.quorum", "s", "One round of asking the witnesses.");
    private readonly Counter<long> _lost = Meter.CreateCounter<long>("mesh.governance.quorum_missed", "{round}", "Rounds without a majority.");
    private readonly Counter<long> _stuck = Meter.CreateCounter<long>("mesh.governance.workflows_stuck", "{workflow}", "Workflows that could go on and did not.");

    private readonly Counter<long> _refused = Meter.CreateCounter<long>("mesh.governance.votes_refused", "{vote}", "Votes that did not count, by the reason.");

    public void OnCommitted(TimeSpan elapsed) => _commit.Record(elapsed.TotalSeconds);

    public void OnRound(TimeSpan elapsed, bool isQuorum)
    {
        _quorum.Record(elapsed.TotalSeconds);
        if (!isQuorum)
            _lost.Add(1);
    }

    public void OnVoteRefused(string code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code));

    public void OnStuck(string workflow) => _stuck.Add(1, new KeyValuePair<string, object?>("workflow", workflow));
}
