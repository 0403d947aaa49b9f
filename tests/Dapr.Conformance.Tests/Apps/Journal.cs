using Dapr.Conformance.Tests.Hosting;

namespace Dapr.Conformance.Tests.Apps;

/// <summary>What happened in an app, in order.</summary>
public sealed class Journal
{
    private readonly List<string> _lines = [];

    public void Add(string line)
    {
        lock (_lines)
            _lines.Add(line);
    }

    public IReadOnlyList<string> Of(string prefix)
    {
        lock (_lines)
            return [.. _lines.Where(l => l.StartsWith(prefix, StringComparison.Ordinal)).Select(l => l[prefix.Length..])];
    }

    /// <summary>The lines with this prefix, once there are so many.</summary>
    public async Task<IReadOnlyList<string>> WaitAsync(string prefix, int count = 1)
    {
        await Eventually.HoldsAsync(() => Of(prefix).Count >= count, $"there are {count} lines '{prefix}' (there are {Of(prefix).Count})");
        return Of(prefix);
    }
}
