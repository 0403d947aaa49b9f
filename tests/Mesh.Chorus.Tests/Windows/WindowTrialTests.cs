using Mesh.Chorus.Windows;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Chorus.Tests.Windows;

public sealed class WindowTrialTests
{
    private const int Group = 4;   // epochs
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly Random _random = new(7);

    /// <summary>Decodes whose steps depend on the arm; how many seconds of each arm there were.</summary>
    private (double AtOnce, double AllExpected) Run(WindowTrial trial, double seconds, Func<double> gain, double noise = 0, int steps = 100, int decode = 10)
    {
        var (atOnce, all) = (0, 0);
        for (var decodes = 0; decodes < seconds * 1000 / decode; decodes++)
        {
            var arm = trial.Look();
            _time.Advance(TimeSpan.FromMilliseconds(decode));
            var expected = steps * (arm == WindowPolicy.AllExpected ? 1 + gain() : 1) * (1 + noise * (2 * _random.NextDouble() - 1));
            Decoded(trial, (int)expected + (_random.NextDouble() < expected - (int)expected ? 1 : 0), decode);
            if (arm == WindowPolicy.AllExpected)
                all++;
            else
                atOnce++;
        }
        return (atOnce * decode / 1000d, all * decode / 1000d);
    }

    private static void Decoded(WindowTrial trial, int answers, int decode = 10)
    {
        trial.OnDecode(TimeSpan.FromMilliseconds(decode));
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

    /// <summary>A second holds six of them; the epochs get long enough by themselves, and short again when the decodes do.</summary>
    [Fact]
    public void Slow_decodes_are_tried_in_longer_epochs()
    {
        var trial = new WindowTrial(_time);
        Run(trial, 64, () => 0.2, decode: 150);
        Assert.Equal(0.2, trial.Gain, 0.03);
        Run(trial, 600, () => 0.2, decode: 150);
        var (atOnce, all) = Run(trial, 4096, () => 0.2, decode: 150);
        Assert.InRange(atOnce / (atOnce + all), 0, 0.02);
        var trials = trial.Trials;
        Run(trial, 600, () => 0.2);
        Assert.InRange(trial.Trials - trials, 3, 6);   // one in 128 s
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
    [Theory, InlineData(10, 100_000), InlineData(150, 30_000), InlineData(400, 30_000)]
    public void Experts_try_at_the_same_time(int decode, int decodes)
    {
        var (one, other) = (new WindowTrial(_time), new WindowTrial(_time));
        var (bothAll, oneAll) = (0, 0);
        for (var i = 0; i < decodes; i++)
        {
            var (a, b) = (one.Look(), other.Look());
            _time.Advance(TimeSpan.FromMilliseconds(decode));
            Decoded(one, a == WindowPolicy.AllExpected ? 75 : 100, decode);
            Decoded(other, b == WindowPolicy.AllExpected ? 95 : 100, decode * 9 / 10);
            bothAll += a == WindowPolicy.AllExpected && b == a ? 1 : 0;
            oneAll += a == WindowPolicy.AllExpected ? 1 : 0;
        }
        Assert.Equal(oneAll, bothAll);
        Assert.True(oneAll > 0);
    }

    /// <summary>Whoever comes in the middle of a group takes its arms with the others and judges the next.</summary>
    [Fact]
    public void Half_a_group_is_not_judged_and_not_held_against_the_trial()
    {
        _time.Advance(TimeSpan.FromSeconds(2));
        var trial = new WindowTrial(_time);
        Assert.Equal(WindowPolicy.AllExpected, trial.Look());
        Run(trial, 2.05, () => 0.2);
        Assert.Equal(0, trial.Trials);
        Run(trial, Group, () => 0.2);
        Assert.Equal((1, 0.2), (trial.Trials, Math.Round(trial.Gain, 2)));
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
