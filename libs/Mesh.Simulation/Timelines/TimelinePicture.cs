using System.Globalization;
using System.Xml.Linq;
using Mesh.Simulation.Runs;

namespace Mesh.Simulation.Timelines;

/// <summary>A run as SVG: a lane for each node over time. Colours follow what the reader prefers, bright or dark.</summary>
public static class TimelinePicture
{
    private const double Left = 96, Width = 1000, Top = 46, Lane = 34, Gap = 8;
    private const string Style = """
        svg { background: #ffffff; font: 12px sans-serif; --ink: #1f2328; --faint: #d0d7de; --up: #eaeef2; --lease: #2da44e; --alone: #bf8700; --token: #0969da; --halt: #cf222e; --commit: #8250df; }
        @media (prefers-color-scheme: dark) { svg { background: #0d1117; --ink: #e6edf3; --faint: #30363d; --up: #21262d; --lease: #3fb950; --alone: #d29922; --token: #58a6ff; --halt: #ff7b72; --commit: #bc8cff; } }
        text { fill: var(--ink); } .axis { stroke: var(--faint); } .up { fill: var(--up); } .lease { fill: var(--lease); } .alone { fill: var(--alone); fill-opacity: 0.3; }
        .token { stroke: var(--token); } .halt { fill: var(--halt); } .commit { stroke: var(--commit); } .down { fill: none; stroke: var(--halt); stroke-dasharray: 3 3; }
        """;
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public static XDocument Of(MeshRun run)
    {
        var end = run.Timeline.Now;
        var bottom = Y(run.Nodes);
        var root = new XElement(Svg + "svg", new XAttribute("viewBox", FormattableString.Invariant($"0 0 {Left + Width + 24} {bottom + 72}")), new XAttribute("role", "img"), new XElement(Svg + "style", Style),
            Text(Left, 18, $"{run.Scenario.Name}, seed {run.Seed}: {run.Nodes} nodes, quorum {run.Quorum}; {(run.Fault is null ? "all invariants held" : "an invariant broke")}"));
        for (var second = 0.0; second <= end.TotalSeconds; second += Step(end))
            root.Add(Line(X(second, end), Top - 6, X(second, end), bottom, "axis"), Text(X(second, end), Top - 10, $"{second:0} s"));
        for (var node = 0; node < run.Nodes; node++)
            root.Add(LaneOf(run, node, end));
        foreach (var head in run.Timeline.Events.Where(e => e.Kind == EventKind.Committed))
            root.Add(Line(X(head.At.TotalSeconds, end), bottom + 2, X(head.At.TotalSeconds, end), bottom + 12, "commit"));
        root.Add(Text(8, bottom + 12, "heads"), Legend(bottom + 46));
        return new(root);
    }

    private static IEnumerable<XElement> LaneOf(MeshRun run, int node, TimeSpan end)
    {
        var y = Y(node);
        var events = run.Timeline.Events.Where(e => e.Node == node).ToArray();
        yield return Text(8, y + 20, run.Routers.Contains(node) ? $"node {node}, router" : $"node {node}");
        foreach (var (from, to, up) in Spans(events, EventKind.Up, EventKind.Down, true, end))
            yield return Box(from, to, y, Lane, up ? "up" : "down", end);
        foreach (var (from, to, held) in Spans(events, EventKind.LeaseHeld, EventKind.LeaseLost, false, end))
            if (held)
                yield return Box(from, to, y + Lane - 10, 8, "lease", end);
        foreach (var alone in run.Timeline.Alone.Where(a => a.Nodes.Contains(node)))
            yield return Box(alone.From, alone.To ?? end, y - 3, Lane + 6, "alone", end);
        foreach (var happened in events)
        {
            var x = X(happened.At.TotalSeconds, end);
            if (happened.Kind == EventKind.Token)
                yield return Line(x, y + 4, x, y + 16, "token");
            else if (happened.Kind == EventKind.Halt)
                yield return Diamond(x, y + 10, happened.Text);
        }
    }

    /// <summary>From when to when it is one or the other.</summary>
    private static IEnumerable<(TimeSpan From, TimeSpan To, bool On)> Spans(TimelineEvent[] events, EventKind on, EventKind off, bool first, TimeSpan end)
    {
        var (from, state) = (TimeSpan.Zero, first);
        foreach (var change in events.Where(e => e.Kind == on || e.Kind == off))
        {
            yield return (from, change.At, state);
            (from, state) = (change.At, change.Kind == on);
        }
        yield return (from, end, state);
    }

    private static IEnumerable<XElement> Legend(double y)
    {
        var x = Left;
        foreach (var (kind, text) in new[] { ("up", "up"), ("down", "down"), ("lease", "holds the lease"), ("alone", "cut off from the others"), ("token", "a token"), ("halt", "a halt: ordered, acknowledged, over"), ("commit", "a head is committed") })
        {
            yield return kind switch
            {
                "token" or "commit" => Line(x + 6, y - 10, x + 6, y + 2, kind),
                "halt" => Diamond(x + 6, y - 4, text),
                _ => new(Svg + "rect", Attribute("x", x), Attribute("y", y - 10), Attribute("width", 12), Attribute("height", 12), new XAttribute("class", kind)),
            };
            yield return Text(x + 18, y, text);
            x += 36 + 6.4 * text.Length;
        }
    }

    private static double Y(int lane) => Top + lane * (Lane + Gap);

    private static double X(double seconds, TimeSpan end) => Left + Width * seconds / Math.Max(1, end.TotalSeconds);

    private static double Step(TimeSpan end) => end.TotalSeconds switch { <= 60 => 5, <= 200 => 10, _ => 60 };

    private static XElement Box(TimeSpan from, TimeSpan to, double y, double height, string kind, TimeSpan end) =>
        new(Svg + "rect", Attribute("x", X(from.TotalSeconds, end)), Attribute("y", y), Attribute("width", X(to.TotalSeconds, end) - X(from.TotalSeconds, end)), Attribute("height", height), new XAttribute("class", kind));

    private static XElement Line(double x1, double y1, double x2, double y2, string kind) =>
        new(Svg + "line", Attribute("x1", x1), Attribute("y1", y1), Attribute("x2", x2), Attribute("y2", y2), new XAttribute("class", kind));

    private static XElement Diamond(double x, double y, string text) =>
        new(Svg + "path", new XAttribute("d", FormattableString.Invariant($"M{x:0.##} {y - 6:0.##} l5 6 l-5 6 l-5 -6 z")), new XAttribute("class", "halt"), new XElement(Svg + "title", text));

    private static XElement Text(double x, double y, string text) => new(Svg + "text", Attribute("x", x), Attribute("y", y), text);

    private static XAttribute Attribute(string name, double value) => new(name, value.ToString("0.##", CultureInfo.InvariantCulture));
}
