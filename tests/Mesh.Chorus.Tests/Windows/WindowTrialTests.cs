using Mesh.Chorus.Windows;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Chorus.Tests.Windows;

public sealed class WindowTrialTests
{
    private const int Group = 4;   // epochs
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly Random _random = new(7);

    /// <summary>Decodes of 10 ms whose steps depend on the arm; how many seconds of each arm there were.</summary>
    private (double AtOnce, double AllExpected) Run(WindowTrial trial, double seconds, Func<double> gain, double noise = 0, int steps = 100)
    {
        var (atOnce, all) = (0, 0);
        for (var decode = 0; decode < seconds * 100; decode++)
        {
            var arm = trial.Look();
            _time.Advance(TimeSpan.FromMilliseconds(10));
            var expected = steps * (arm == WindowPolicy.AllExpected ? 1 + gain() : 1) * (1 + noise * (2 * _random.NextDouble() - 1));
            Decoded(trial, (int)expected + (_random.NextDouble() < expected - (int)expected ? 1 : 0));
            if (arm == WindowPolicy.AllExpected)
                all++;
            else
                atOnce++;
        }
        return (atOnce / 100d, all / 100d);
    }

    private static void Decoded(WindowTrial trial, int answers)
    {
        trial.OnDecode();
        for (var i = 0; i < answers; i++)
            trial.OnAnswer();
    }

    [Fact]
    public void What_is_faster_is_kept_and_the_gain_is_said()
    {
        var trial = new WindowTrial(_time);
        Run(trial, 2 * Group, () => 0.2);
        Assert.Equal(0.2, trial.Gain, 0.03);
        var (atOnce, all) = Run(trial, 600, () => 0.2);
        Assert.InRange(atOnce / (atOnce + all), 0, 0.02);
    }

    [Fact]
    public void Trying_what_is_slower_costs_little_from_the_first_minutes_on()
    {
        var trial = new WindowTrial(_time);
        Run(trial, 2 * Group, () => -0.3);
        var (_, all) = Run(trial, 600, () => -0.3);
        Assert.InRange(all / 600 * 0.3, 0.001, 0.01);   // It does go on trying.
        Assert.Equal(-0.3, trial.Gain, 0.03);
    }

    [Fact]
    public void A_tie_begins_at_once_however_noisy_it_is()
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var trial = new WindowTrial(_time);
            Run(trial, 60, () => 0, noise: 0.5);
            var (atOnce, all) = Run(trial, 300, () => 0, noise: 0.5);
            Assert.InRange(all / (atOnce + all), 0, 0.1);
        }
    }

    [Fact]
    public void Another_load_is_noticed()
    {
        var trial = new WindowTrial(_time);
        Run(trial, 300, () => 0.2);
        Run(trial, 600, () => -0.2);
        var (_, all) = Run(trial, 100, () => -0.2);
        Assert.InRange(all, 0, 10);
        Run(trial, 600, () => 0.3);
        var (atOnce, _) = Run(trial, 100, () => 0.3);
        Assert.InRange(atOnce, 0, 10);
    }

    /// <summary>Two that know nothing of each other but the clock change at the same moments, whatever each has found.</summary>
    [Fact]
    public void Experts_try_at_the_same_time()
    {
        var (one, other) = (new WindowTrial(_time), new WindowTrial(_time));
        var (bothAll, oneAll) = (0, 0);
        for (var decode = 0; decode < 100_000; decode++)
        {
            var (a, b) = (one.Look(), other.Look());
            _time.Advance(TimeSpan.FromMilliseconds(10));
            Decoded(one, a == WindowPolicy.AllExpected ? 75 : 100);
            Decoded(other, b == WindowPolicy.AllExpected ? 95 : 100);
            bothAll += a == WindowPolicy.AllExpected && b == a ? 1 : 0;
            oneAll += a == WindowPolicy.AllExpected ? 1 : 0;
        }
        Assert.Equal(oneAll, bothAll);
        Assert.True(oneAll > 0);
    }

    [Fact]
    public void An_idle_expert_decides_nothing()
    {
        var trial = new WindowTrial(_time);
        for (var second = 0; second < 100; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Decoded(trial, 1);
        }
        Assert.Equal((0, 0d), (trial.Trials, trial.Gain));
    }
}
