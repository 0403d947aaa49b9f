using Mesh.Tool.Eval;

namespace Mesh.Tool.Tests.Eval;

public sealed class BootstrapTests
{
    [Fact]
    public void An_interval_holds_the_value_and_a_paired_ratio_of_equals_is_one()
    {
        var texts = Enumerable.Range(0, 8).Select(n => Samples.Text(n % 2 == 0 ? "even" : "odd", n, new int[33])).ToArray();
        var sums = texts.Select(t => t.Scored * Math.Log(1 / 2.0)).ToArray();
        var bootstrap = new Bootstrap(texts, "even", samples: 200, seed: 1);
        Assert.Equal((4, 128), (bootstrap.Sources, bootstrap.Tokens));
        var same = bootstrap.Perplexity(sums);
        Assert.Equal((2, 2, 2), (same.Value, same.Low, same.High), (a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) + Math.Abs(a.Item3 - b.Item3) < 1e-4);
        sums[0] -= 20;
        var spread = bootstrap.Perplexity(sums);
        Assert.True(spread.Low < spread.Value && spread.Value < spread.High);
        var ratio = bootstrap.Ratio(sums, sums);
        Assert.Equal((1.0, 1.0, 1.0), (ratio.Value, ratio.Low, ratio.High));
    }
}
