using System.Collections.Concurrent;
using Mesh.Governance.Canaries;

namespace Governance.Workflows.Deployment;

/// <summary>What was seen last of changes that are tried: for people to look at, nothing is decided by it.</summary>
internal sealed class Trials
{
    private const int Most = 64;
    private readonly ConcurrentDictionary<string, (CanaryReport? Report, Judgement Judgement)> _seen = [];
    private long _looks;

    /// <summary>How often this process looked at a canary: one that is looked at does not stand still.</summary>
    public long Looks => Volatile.Read(ref _looks);

    public void Saw(string proposal, CanaryReport? report, Judgement judgement)
    {
        if (_seen.Count >= Most)
            _seen.Clear();
        _seen[proposal] = (report, judgement);
        Interlocked.Increment(ref _looks);
    }

    public (CanaryReport? Report, Judgement? Judgement) Of(string proposal) => _seen.TryGetValue(proposal, out var seen) ? seen : (null, null);
}
