namespace Mesh.Chorus.Phases;

/// <summary>Increments of independent Brownian motions.</summary>
public static class Brownian
{
    /// <summary>Fills <paramref name="increments"/> with normal numbers of mean 0 and variance <paramref name="dt"/> (Box and Muller 1958).</summary>
    public static void Fill(Span<double> increments, double dt, Random random)
    {
        var scale = Math.Sqrt(dt);
        for (var i = 0; i < increments.Length; i += 2)
        {
            // 1 - u is above 0, and its logarithm finite.
            var radius = scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            var (sin, cos) = Math.SinCos(2 * Math.PI * random.NextDouble());
            increments[i] = radius * cos;
            if (i + 1 < increments.Length)
                increments[i + 1] = radius * sin;
        }
    }
}
