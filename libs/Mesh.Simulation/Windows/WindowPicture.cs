using System.Globalization;
using System.Xml.Linq;
using Mesh.Chorus.Windows;

namespace Mesh.Simulation.Windows;

/// <summary>
/// Phases, windows and batches over time as SVG: one strip for each policy, in it a lane for each expert (a window while it waits, a batch as tall as its share of the sessions, the phase as a line
/// from 0 to a turn) and the order parameter below. Colours follow what the reader prefers, bright or dark.
/// </summary>
public static class WindowPicture
{
    private const double Left = 96, Width = 1000, Lane = 26, Gap = 4, Head = 40, Order = 44;
    private const double WarmUp = 4000;
    private const string Style = """
        svg { background: #ffffff; font: 12px sans-serif; --ink: #1f2328; --faint: #d0d7de; --wait: #bf8700; --batch: #0969da; --phase: #8250df; --order: #2da44e; }
        @media (prefers-color-scheme: dark) { svg { background: #0d1117; --ink: #e6edf3; --faint: #30363d; --wait: #d29922; --batch: #58a6ff; --phase: #bc8cff; --order: #3fb950; } }
        text { fill: var(--ink); } .axis { stroke: var(--faint); } .wait { fill: var(--wait); fill-opacity: 0.45; } .batch { fill: var(--batch); fill-opacity: 0.75; }
        .phase { fill: none; stroke: var(--phase); stroke-width: 1; } .order { fill: none; stroke: var(--order); stroke-width: 2; }
        """;
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    /// <param name="milliseconds">Shown, after some seconds that let the sessions fall into step.</param>
    public static XDocument Of(WindowRow row, IReadOnlyList<WindowPolicy> policies, int seed, double milliseconds)
    {
        var strip = Head + row.Experts * (Lane + Gap) + Order + 24;
        var root = new XElement(Svg + "svg", new XAttribute("viewBox", FormattableString.Invariant($"0 0 {Left + Width + 24} {24 + policies.Count * strip + 36}")), new XAttribute("role", "img"),
            new XElement(Svg + "style", Style), Text(8, 18, $"{row}, seed {seed}"));
        for (var i = 0; i < policies.Count; i++)
        {
            var film = new WindowFilm(WarmUp);
            var result = WindowSimulation.Run(row, policies[i], seed, WarmUp + milliseconds, film);
            var top = 24 + i * strip;
            root.Add(Text(8, top + 18, FormattableString.Invariant($"{policies[i]}: {result.TokensPerSecond:0} tokens/s, {result.Batch:0.0} sessions a batch, a token in {result.P50:0} ms (p50)")));
            root.Add(Strip(row, film, top + Head, milliseconds));
        }
        root.Add(Legend(24 + policies.Count * strip + 18));
        return new(root);
    }

    private static IEnumerable<XElement> Strip(WindowRow row, WindowFilm film, double top, double length)
    {
        var bottom = top + row.Experts * (Lane + Gap);
        for (var time = 0.0; time <= length; time += length / 10)
        {
            yield return Line(X(film.From + time), top - 4, X(film.From + time), bottom + Order);
            yield return Text(X(film.From + time), top - 8, FormattableString.Invariant($"{time:0} ms"));
        }
        for (var expert = 0; expert < row.Experts; expert++)
        {
            var y = top + expert * (Lane + Gap);
            yield return Text(8, y + 17, $"expert {expert + 1}");
            foreach (var batch in film.Batches.Where(b => b.Expert == expert))
            {
                if (batch.Begin > batch.Waited)
                    yield return Box(batch.Waited, batch.Begin, y, Lane, "wait");
                var height = Lane * Math.Min(1, (double)batch.Sessions * row.Experts / (row.Sessions * row.K));
                yield return Box(batch.Begin, batch.End, y + Lane - height, height, "batch", $"{batch.Sessions} sessions");
            }
            yield return Path(film.Phases.Where(p => p.Turns[expert] is not null).Select(p => (p.Time, p.Turns[expert]!.Value)), y, Lane, "phase", breaks: true);
        }
        yield return Text(8, bottom + 28, "order r");
        yield return Path(film.Phases.Select(p => (p.Time, p.Order)), bottom + 6, Order - 10, "order", breaks: false);

        XElement Box(double from, double to, double y, double height, string kind, string? title = null) => new(
            Svg + "rect", Attribute("x", X(from)), Attribute("y", y), Attribute("width", X(to) - X(from)), Attribute("height", height), new XAttribute("class", kind), title is null ? null : new XElement(Svg + "title", title));

        XElement Path(IEnumerable<(double Time, double Value)> points, double y, double height, string kind, bool breaks)
        {
            var (data, last) = (new System.Text.StringBuilder(), double.NaN);
            foreach (var (time, value) in points)
            {
                // A new turn begins at the bottom again.
                data.Append(CultureInfo.InvariantCulture, $"{(double.IsNaN(last) || (breaks && value < last) ? 'M' : 'L')}{X(time):0.#} {y + height * (1 - value):0.#}");
                last = value;
            }
            return new(Svg + "path", new XAttribute("d", data.ToString()), new XAttribute("class", kind));
        }

        double X(double time) => Left + Width * Math.Clamp((time - film.From) / length, 0, 1);
    }

    private static IEnumerable<XElement> Legend(double y)
    {
        var x = Left;
        foreach (var (kind, text) in new[] { ("wait", "somebody is there and the expert waits"), ("batch", "a batch, as tall as its share of the expert's sessions"), ("phase", "the expert's phase, 0 to a turn"), ("order", "order parameter of all phases, 0 to 1") })
        {
            yield return kind is "wait" or "batch"
                ? new(Svg + "rect", Attribute("x", x), Attribute("y", y - 10), Attribute("width", 12), Attribute("height", 12), new XAttribute("class", kind))
                : new(Svg + "path", new XAttribute("d", FormattableString.Invariant($"M{x} {y} l12 -8")), new XAttribute("class", kind));
            yield return Text(x + 18, y, text);
            x += 36 + 6.2 * text.Length;
        }
    }

    private static XElement Line(double x1, double y1, double x2, double y2) =>
        new(Svg + "line", Attribute("x1", x1), Attribute("y1", y1), Attribute("x2", x2), Attribute("y2", y2), new XAttribute("class", "axis"));

    private static XElement Text(double x, double y, string text) => new(Svg + "text", Attribute("x", x), Attribute("y", y), text);

    private static XAttribute Attribute(string name, double value) => new(name, value.ToString("0.##", CultureInfo.InvariantCulture));
}
