using System.Collections.Concurrent;
using SelfPrompt.Agent.Policy;

namespace SelfPrompt.Agent.Runs;

/// <summary>What this process knows of runs beside the ledger: that one is at work, however long its step takes, and what a step used that was not written down.</summary>
internal sealed class Progress
{
    private const int MostRuns = 256;
    private readonly ConcurrentDictionary<string, (long Calls, Spent Spent)> _runs = new();

    /// <summary>How often a run asked for a tool, or looked what people decided.</summary>
    public long Of(string run) => _runs.GetValueOrDefault(run).Calls;

    /// <summary>What a run has used: a step that is tried again has not got its budget back.</summary>
    public Spent SpentBy(string run, Spent written) => _runs.GetValueOrDefault(run).Spent is { } seen && seen.Calls > written.Calls ? seen : written;

    public void Touch(string run, Spent? spent = null)
    {
        if (_runs.Count > MostRuns)
            _runs.Clear();
        _runs.AddOrUpdate(run, (1, spent ?? new()), (_, before) => (before.Calls + 1, spent is not null && spent.Calls > before.Spent.Calls ? spent : before.Spent));
    }
}
