namespace SelfPrompt.Agent.Sandboxing;

/// <summary>Parts the experts of a mesh among tasks that run at the same time.</summary>
internal static class Subsets
{
    /// <summary>
    /// At most <paramref name="most"/> subsets, none of them empty, no expert in two: heaviest first, each to the subset with the least capacity so far (LPT; Graham 1969), so that no subset
    /// has more than 4/3 of what an even partition would give.
    /// </summary>
    /// <param name="experts">Those online, each with its capacity, as tokens a second; a capacity that is no number counts as none.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Partition(IEnumerable<(string Expert, double Capacity)> experts, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var sorted = experts.DistinctBy(e => e.Expert).Select(e => (e.Expert, Capacity: double.IsFinite(e.Capacity) && e.Capacity > 0 ? e.Capacity : 0))
            .OrderByDescending(e => e.Capacity).ThenBy(e => e.Expert, StringComparer.Ordinal).ToArray();
        var subsets = Enumerable.Range(0, Math.Min(most, sorted.Length)).Select(_ => (Experts: new List<string>(), Sum: new double[1])).ToArray();
        foreach (var (expert, capacity) in sorted)
        {
            // Of equals the smaller one: experts without a known capacity are spread too.
            var least = subsets.MinBy(s => (s.Sum[0], s.Experts.Count));
            least.Experts.Add(expert);
            least.Sum[0] += capacity;
        }
        return [.. subsets.Select(s => s.Experts)];
    }
}
