namespace Mesh.Ensemble.Tests;

internal static class Statistics
{
    /// <summary>
    /// Pearson's chi-square of counts against probabilities, as standard deviations above its mean (Wilson-Hilferty): with a right distribution above 4
    /// about three times in 100,000. Cells with fewer than 5 expected counts are put together.
    /// </summary>
    public static double ChiSquareSigmas(IReadOnlyList<int> counts, IReadOnlyList<double> probabilities)
    {
        var n = counts.Sum();
        var (chi, cells, rareCount, rareExpected) = (0.0, 0, 0.0, 0.0);
        for (var i = 0; i < counts.Count; i++)
        {
            var expected = probabilities[i] * n;
            if (expected == 0)
            {
                Assert.Equal(0, counts[i]);
                continue;
            }
            if (expected < 5)
            {
                rareCount += counts[i];
                rareExpected += expected;
                continue;
            }
            chi += (counts[i] - expected) * (counts[i] - expected) / expected;
            cells++;
        }
        if (rareExpected >= 1)
        {
            chi += (rareCount - rareExpected) * (rareCount - rareExpected) / rareExpected;
            cells++;
        }
        double degrees = Math.Max(1, cells - 1);
        return (Math.Cbrt(chi / degrees) - (1 - 2 / (9 * degrees))) / Math.Sqrt(2 / (9 * degrees));
    }
}
