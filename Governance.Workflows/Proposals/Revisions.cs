using System.Collections.Concurrent;

namespace Governance.Workflows.Proposals;

/// <summary>Numbers that grow whenever what they are about changed, also over a restart: the time of the change in Unix ms, or one more than the last.</summary>
internal sealed class Revisions(TimeProvider time)
{
    private const int Most = 20_000;
    private readonly ConcurrentDictionary<string, (string Mark, long Number)> _seen = [];

    public long Of(string id, string mark)
    {
        if (_seen.Count > Most)
            _seen.Clear();
        return _seen.AddOrUpdate(id, _ => (mark, Now), (_, seen) => seen.Mark == mark ? seen : (mark, Math.Max(Now, seen.Number + 1))).Number;
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();
}
