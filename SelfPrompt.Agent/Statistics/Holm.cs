namespace SelfPrompt.Agent.Statistics;

/// <summary>Holm's step-down (1979): of several comparisons on the same data, those that stand when the chance of even one false one is bounded.</summary>
internal static class Holm
{
    /// <param name="chances">P values.</param>
    /// <param name="level">Most probability of any false one.</param>
    public static bool[] Passes(IReadOnlyList<double> chances, double level)
    {
        var passes = new bool[chances.Count];
        var order = Enumerable.Range(0, chances.Count).OrderBy(i => chances[i]).ToArray();
        for (var rank = 0; rank < order.Length && chances[order[rank]] <= level / (order.Length - rank); rank++)
            passes[order[rank]] = true;
        return passes;
    }
}
