using Mesh.Chorus.Windows;
using Mesh.Simulation.Windows;

namespace Mesh.Simulation.Tests.Windows;

public sealed class WindowSimulationTests
{
    private const double Milliseconds = 20_000;
    private static readonly WindowPolicy[] Policies = Enum.GetValues<WindowPolicy>();

    [Fact]
    public void A_seed_is_one_run()
    {
        foreach (var policy in Policies)
        {
            Assert.Equal(WindowSimulation.Run(WindowRow.Design[0], policy, 5, Milliseconds), WindowSimulation.Run(WindowRow.Design[0], policy, 5, Milliseconds));
            Assert.NotEqual(WindowSimulation.Run(WindowRow.Design[0], policy, 5, Milliseconds), WindowSimulation.Run(WindowRow.Design[0], policy, 6, Milliseconds));
        }
    }

    /// <summary>Nobody is faster than a decode of its own and both ways, no batch has a session twice, and a closed loop has as many tokens as its latencies allow (Little 1961).</summary>
    [Fact]
    public void Every_policy_keeps_to_what_is_possible()
    {
        foreach (var row in WindowRow.Design)
            foreach (var policy in Policies)
            {
                var result = WindowSimulation.Run(row, policy, 1, Milliseconds);
                var least = (1 - row.Jitter) * (row.Base + row.PerSession + 2 * row.Delay);
                Assert.True(result.P50 >= least, $"{row} {policy}: {result}");
                Assert.InRange(result.Batch, 1, row.Sessions);
                Assert.InRange(result.TokensPerSecond, 0.5 * row.Sessions * 1000 / result.P99, row.Sessions * 1000 / least);
                Assert.InRange(result.Order, 0, 1);
            }
    }

    /// <summary>An idle mesh of one session has nobody to wait for, whatever the policy says.</summary>
    [Fact]
    public void A_session_alone_waits_for_nobody()
    {
        var row = new WindowRow(1, 4, 2, 20, 0.5, 5, Jitter: 0);
        foreach (var policy in Policies)
            Assert.Equal(20.5 + 10, WindowSimulation.Run(row, policy, 1, Milliseconds).P50, 1e-6);
    }

    /// <summary>The design's first simulation had these tokens a second where an expert begins at once.</summary>
    [Fact]
    public void Begin_at_once_is_as_it_was_in_the_first_simulation()
    {
        double[] first = [597, 2786, 656, 381, 220];
        for (var row = 0; row < first.Length; row++)
            Assert.InRange(WindowSimulation.Run(WindowRow.Design[row], WindowPolicy.AtOnce, 1, Milliseconds).TokensPerSecond, 0.9 * first[row], 1.1 * first[row]);
    }

    /// <summary>Means of seeds 1 to 3 against beginning at once, in the order of the design's rows; what the page says of them, with room for three seeds.</summary>
    [Fact]
    public void Waiting_for_all_expected_pays_where_the_way_is_short_and_the_choice_is_steady()
    {
        double[] least = [1.15, 1.2, 1.15, 1.04, 0.98], most = [1.28, 1.36, 1.36, 1.12, 1.02];
        for (var row = 0; row < least.Length; row++)
            Assert.InRange(Ratio(WindowRow.Design[row], WindowPolicy.AllExpected, 60_000), least[row], most[row]);
        Assert.InRange(Ratio(WindowRow.Design[5], WindowPolicy.AllExpected, 60_000), 0.6, 0.85);
    }

    [Fact]
    public void Auto_is_never_more_than_two_percent_below_at_once_and_near_the_best_elsewhere()
    {
        foreach (var row in WindowRow.All)
        {
            // Pauses make runs differ by more than what is looked for: more seeds, and two standard errors of room.
            var seeds = row.PauseEvery > 0 ? 10 : 3;
            var ratios = Rates(row, WindowPolicy.Auto, 300_000, seeds).Zip(Rates(row, WindowPolicy.AtOnce, 300_000, seeds), (auto, atOnce) => auto / atOnce).ToArray();
            var (mean, error) = (ratios.Average(), Math.Sqrt(ratios.Sum(r => (r - ratios.Average()) * (r - ratios.Average())) / (seeds - 1) / seeds));
            var room = row.PauseEvery > 0 ? 2 * error : 0;
            Assert.True(mean + room >= 0.98, $"{row}: {mean} ± {error}");
            Assert.InRange(room, 0, 0.04);
        }
        foreach (var row in WindowRow.Design.Take(3))
            Assert.True(Ratio(row, WindowPolicy.Auto, 300_000) >= 0.97 * Ratio(row, WindowPolicy.AllExpected, 60_000), $"{row}");
    }

    /// <summary>A trial takes as many decodes as elsewhere, so a longer time; it is found all the same.</summary>
    [Fact]
    public void Auto_finds_what_slow_decodes_gain()
    {
        foreach (var row in WindowRow.Slow.Take(3))
            Assert.True(Ratio(row, WindowPolicy.Auto, 300_000) >= 1.2, $"{row}");
    }

    /// <summary>Coupled phases open windows together, too, but not where the way is long.</summary>
    [Fact]
    public void Phases_pay_where_the_way_is_short()
    {
        foreach (var row in WindowRow.Design.Take(3))
            Assert.InRange(Ratio(row, WindowPolicy.Phases, 60_000), 1.1, 1.4);
        Assert.InRange(Ratio(WindowRow.Design[3], WindowPolicy.Phases, 60_000), 0.7, 1.0);
    }

    private static double Ratio(WindowRow row, WindowPolicy policy, double milliseconds) =>
        Rates(row, policy, milliseconds, 3).Average() / Rates(row, WindowPolicy.AtOnce, milliseconds, 3).Average();

    private static double[] Rates(WindowRow row, WindowPolicy policy, double milliseconds, int seeds) =>
        [.. Enumerable.Range(1, seeds).AsParallel().AsOrdered().Select(seed => WindowSimulation.Run(row, policy, seed, milliseconds).TokensPerSecond)];
    [Fact]
    public void More_experts_than_there_are_cannot_be_asked() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => WindowSimulation.Run(new(1, 2, 3, 1, 1, 1), WindowPolicy.AtOnce, 1));
}
