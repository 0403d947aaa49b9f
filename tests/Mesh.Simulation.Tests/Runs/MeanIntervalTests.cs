using Mesh.Simulation.Runs;

namespace Mesh.Simulation.Tests.Runs;

public sealed class MeanIntervalTests
{
    [Fact]
    public void It_is_Students()
    {
        var interval = MeanInterval.Of([1, 2, 3, 4, double.NaN]);
        Assert.Equal((2.5, 4), (interval.Mean, interval.Count));
        Assert.Equal(3.182 * Math.Sqrt(5.0 / 3 / 4), interval.Half, 1e-9);
        // 2.228 with 10 degrees of freedom.
        Assert.Equal(2.228 * Math.Sqrt(11.0 / 11), MeanInterval.Of(Enumerable.Range(1, 11).Select(i => (double)i)).Half, 0.005);
        Assert.Equal("2.5 ± 2.05", interval.ToString());
    }

    [Fact]
    public void Of_nothing_there_is_none_and_of_one_no_interval() => Assert.Equal(("-", "7"), (MeanInterval.Of([double.NaN]).ToString(), MeanInterval.Of([7]).ToString()));
}
