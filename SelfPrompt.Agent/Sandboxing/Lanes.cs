using SelfPrompt.Agent.Observing;

namespace SelfPrompt.Agent.Sandboxing;

/// <summary>Work on each expert alone, on disjoint subsets of them at the same time: no expert has two of a run's requests at once, and none waits for another one's subset.</summary>
internal static class Lanes
{
    private const int Most = 3;

    /// <returns>In the order of <paramref name="experts"/>.</returns>
    public static async Task<T[]> EachAsync<T>(IReadOnlyList<string> experts, MeshObservation seen, Func<string, Task<T>> work)
    {
        if (experts.Count == 0)
            return [];
        var speed = seen.Experts.ToDictionary(e => e.Id, e => e.TokensPerSecond);
        var numbers = experts.Select((expert, i) => (expert, i)).ToDictionary(e => e.expert, e => e.i);
        var results = new T[experts.Count];
        // A slow expert is as much work as several fast ones.
        var subsets = Subsets.Partition(experts.Select(e => (e, speed.GetValueOrDefault(e) is > 0 and var s ? 1 / s : 0)), Most);
        await Task.WhenAll(subsets.Select(async subset =>
        {
            foreach (var expert in subset)
                results[numbers[expert]] = await work(expert);
        }));
        return results;
    }
}
