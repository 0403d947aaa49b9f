using System.Collections.Concurrent;
using SelfPrompt.Agent.Policy;

namespace SelfPrompt.Agent.Runs;

/// <summary>How often each run asked for a tool, or looked what people decided, in this process: one that does is at work, however long its step takes.</summary>
internal sealed class Progress
{
    private const int MostRuns = 256;
    private readonly ConcurrentDictionary<string, long> _calls = new();

    public long Of(string run) => _calls.GetValueOrDefault(run);

    public IMeshStanding Watching(string run, IMeshStanding inner) => new Watched(this, run, inner);

    public void Touch(string run)
    {
        if (_calls.Count > MostRuns)
            _calls.Clear();
        _calls.AddOrUpdate(run, 1, static (_, calls) => calls + 1);
    }

    private sealed class Watched(Progress progress, string run, IMeshStanding inner) : IMeshStanding
    {
        public Task RequireRunningAsync(CancellationToken cancellationToken)
        {
            progress.Touch(run);
            return inner.RequireRunningAsync(cancellationToken);
        }
    }
}
