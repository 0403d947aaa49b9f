using System.Globalization;

namespace Mesh.Simulation.Timelines;

/// <summary>A timeline for people: time, who, what.</summary>
public static class TimelineText
{
    private const int MostLines = 100;

    /// <summary>Left out first where there is too much.</summary>
    private static readonly EventKind[] LeastFirst = [EventKind.Token, EventKind.Committed, EventKind.Stream, EventKind.Change, EventKind.Clock];

    /// <param name="all">Every event; else at most 100 lines, and then one that says what is left out.</param>
    public static IReadOnlyList<string> Lines(Timeline timeline, bool all)
    {
        IReadOnlyList<TimelineEvent> shown = timeline.Events;
        var left = new List<string>();
        for (var i = 0; !all && i < LeastFirst.Length && (i == 0 || shown.Count > MostLines); i++)
        {
            var kept = shown.Where(e => e.Kind != LeastFirst[i]).ToArray();
            if (kept.Length < shown.Count)
                left.Add($"{shown.Count - kept.Length} of {LeastFirst[i].ToString().ToLowerInvariant()}");
            shown = kept;
        }
        if (!all && shown.Count > MostLines)
        {
            left.Add($"the last {shown.Count - MostLines}");
            shown = [.. shown.Take(MostLines)];
        }
        var lines = shown.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.At.TotalSeconds,8:0.000} s  {(e.Node < 0 ? "mesh" : $"node {e.Node}"),-6}  {e.Text}")).ToList();
        if (left.Count > 0)
            lines.Add($"Left out: {string.Join(", ", left)}; --events all shows them.");
        return lines;
    }
}
