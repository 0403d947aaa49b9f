using System.Text;

namespace Mesh.Bench.Chorus;

/// <summary>Milliseconds of a token over N, both in powers, as SVG.</summary>
internal static class ClocksChart
{
    private const int Left = 70, Top = 20, Width = 460, Height = 260;
    private const double Least = -3, Most = 2;   // powers of ten of milliseconds

    public static void Draw(string path, IReadOnlyList<Clocks> clocks)
    {
        var svg = new StringBuilder("""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 330" font-family="sans-serif" font-size="13" role="img" aria-label="Milliseconds of a token by the number of experts">
            <rect width="660" height="330" fill="#fff"/>

            """);
        for (var power = (int)Least; power <= Most; power++)
        {
            svg.AppendLine($"<line x1=\"{Left}\" x2=\"{Left + Width}\" y1=\"{Y(Math.Pow(10, power)):0}\" y2=\"{Y(Math.Pow(10, power)):0}\" stroke=\"#ddd\"/>");
            svg.AppendLine($"<text x=\"{Left - 8}\" y=\"{Y(Math.Pow(10, power)) + 4:0}\" text-anchor=\"end\">{Math.Pow(10, power):0.###}</text>");
        }
        foreach (var clock in clocks)
            svg.AppendLine($"<text x=\"{X(clock):0}\" y=\"{Top + Height + 18}\" text-anchor=\"middle\">{clock.N}</text>");
        svg.AppendLine($"<text x=\"{Left + Width / 2}\" y=\"{Top + Height + 38}\" text-anchor=\"middle\">experts</text>");
        svg.AppendLine($"<text x=\"16\" y=\"{Top + Height / 2}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {Top + Height / 2})\">ms a token</text>");
        Line("lock-step", "#c0392b", 0, c => c.LockStep);
        Line("no phases", "#888", 10, c => c.Alone);
        Line("decoupled", "#2166ac", -6, c => c.Decoupled);
        File.WriteAllText(path, svg.AppendLine("</svg>").ToString());

        void Line(string name, string colour, int shift, Func<Clocks, TokenSide> side)
        {
            var points = clocks.Select(c => $"{X(c):0.0},{Y(side(c).Milliseconds.Average()):0.0}");
            svg.AppendLine($"<polyline points=\"{string.Join(' ', points)}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
            svg.AppendLine($"<text x=\"{Left + Width + 8}\" y=\"{Y(side(clocks[^1]).Milliseconds.Average()) + 4 + shift:0}\" fill=\"{colour}\">{name}</text>");
        }

        double X(Clocks at) => Left + Width * Math.Log((double)at.N / clocks[0].N) / Math.Log((double)clocks[^1].N / clocks[0].N);

        static double Y(double milliseconds) => Top + Height * (1 - (Math.Log10(milliseconds) - Least) / (Most - Least));
    }
}
