using Mesh.Chorus.Phases;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Chorus.Tests.Phases;

public sealed class PhaseFieldTests
{
    private readonly FakeTimeProvider _clock = new();

    [Theory, InlineData(0.02, 0.95, 1), InlineData(0.5, 0, 0.75)]
    public void Members_of_near_periods_lock_and_those_of_far_ones_do_not(double spread, double least, double most)
    {
        var field = new PhaseField(new(), _clock);
        for (var i = 0; i < 16; i++)
            field.Join($"e{i}", new Metronome(_clock, 20 * (1 + spread * (i - 7.5) / 15), i * 7 % 20));
        Run(field, 2000);
        var sum = 0.0;
        for (var i = 0; i < 200; i++)
        {
            Run(field, 5);
            sum += field.Current.Order.R;
        }
        Assert.InRange(sum / 200, least, most);
    }

    [Fact]
    public void The_period_follows_the_measured_cycle_and_tells_the_next_boundary()
    {
        var field = new PhaseField(new(), _clock);
        var metronome = new Metronome(_clock, 40);
        field.Join("a", metronome);
        Run(field, 1013);
        var snapshot = field.Current;
        Assert.Equal(40, snapshot.Find("a")!.Value.Period.TotalMilliseconds, 0.01);
        // A cycle began at 1,000 ms; the snapshot is of 1,010 ms.
        Assert.Equal(1040, Elapsed(snapshot) + snapshot.UntilBoundary("a", TimeSpan.Zero)!.Value.TotalMilliseconds, 0.1);
        Assert.Equal(1120, Elapsed(snapshot) + 90 + snapshot.UntilBoundary("a", TimeSpan.FromMilliseconds(90))!.Value.TotalMilliseconds, 0.1);
        Assert.Null(snapshot.UntilBoundary("nobody", TimeSpan.Zero));
        metronome.Change(60);
        Run(field, 60 * 60);
        Assert.Equal(60, field.Current.Find("a")!.Value.Period.TotalMilliseconds, 0.6);

        double Elapsed(PhaseSnapshot of) => _clock.GetElapsedTime(_clock.GetTimestamp(), of.Timestamp).TotalMilliseconds + 1013;
    }

    [Fact]
    public void Who_rests_pulls_at_nobody_and_its_rest_is_no_cycle()
    {
        var field = new PhaseField(new(), _clock);
        var (rests, works) = (new Metronome(_clock, 20), new Metronome(_clock, 20, 10));
        field.Join("rests", rests);
        field.Join("works", works);
        Run(field, 500);
        Assert.True(field.Current.Find("rests")!.Value.IsTurning);
        rests.Stop();
        Run(field, 5000);
        Assert.False(field.Current.Find("rests")!.Value.IsTurning);
        Assert.Null(field.Current.UntilBoundary("rests", TimeSpan.Zero));
        Assert.True(field.Current.Find("works")!.Value.IsTurning);
        Assert.Equal(1, field.Current.Order.R, 1e-9);   // one alone is always in step with itself
        rests.Change(20);
        Run(field, 100);
        var back = field.Current.Find("rests")!.Value;
        Assert.True(back.IsTurning);
        Assert.Equal(20, back.Period.TotalMilliseconds, 0.01);
    }

    [Fact]
    public void Members_come_and_go_and_the_others_keep_their_phases()
    {
        var field = new PhaseField(new() { Coupling = 0 }, _clock);
        field.Join("stays", new Metronome(_clock, 35));
        Run(field, 1000);
        var comes = new Metronome(_clock, 25);
        field.Join("comes", comes);
        Run(field, 1000);
        Assert.Equal(["comes", "stays"], field.Current.Names.Order());
        Assert.True(field.Current.Find("comes")!.Value.IsTurning);
        var before = field.Current;
        field.Leave("comes", new Metronome(_clock, 25));   // of somebody who was there before
        Run(field, 5);
        Assert.NotNull(field.Current.Find("comes"));
        before = field.Current;
        field.Leave("comes", comes);
        field.Leave("nobody", comes);
        Run(field, 5);
        var after = field.Current;
        Assert.Equal(["stays"], after.Names);
        Assert.Null(after.Find("comes"));
        Assert.NotNull(before.Find("comes"));   // what somebody holds does not change
        var turned = 2 * Math.PI * _clock.GetElapsedTime(before.Timestamp, after.Timestamp) / after.Find("stays")!.Value.Period;
        Assert.Equal(0, Math.IEEERemainder(after.Find("stays")!.Value.Phase - before.Find("stays")!.Value.Phase - turned, 2 * Math.PI), 1e-6);
    }

    [Fact]
    public void A_member_is_told_where_it_is_now_and_how_far_all_are_in_step()
    {
        var field = new PhaseField(new(), _clock);
        field.Join("a", new Metronome(_clock, 40));
        field.Join("idle", new CycleCounter(_clock));
        Run(field, 1000);   // a cycle begins at 1,000 ms
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        var now = field.Current.At("a", _clock)!.Value;
        Assert.Equal(0.25, now.Turn, 1e-3);
        Assert.Equal((40, 1.0), (now.Period.TotalMilliseconds, Math.Round(now.Order, 9)));
        Assert.Null(field.Current.At("idle", _clock));
        Assert.Null(field.Current.At("nobody", _clock));
    }

    [Fact]
    public void A_new_counter_under_a_name_is_measured_anew()
    {
        var field = new PhaseField(new(), _clock);
        field.Join("a", new Metronome(_clock, 35));
        Run(field, 1000);
        field.Join("a", new CycleCounter(_clock));
        Run(field, 1000);
        Assert.Equal(new MemberPhase(0, TimeSpan.Zero, false), field.Current.Find("a"));
    }

    [Fact]
    public void A_counter_that_fails_is_a_member_that_is_silent()
    {
        var field = new PhaseField(new(), _clock);
        var broken = new Metronome(_clock, 20) { Fails = true };
        field.Join("broken", broken);
        field.Join("whole", new Metronome(_clock, 20));
        Run(field, 1000);
        Assert.False(field.Current.Find("broken")!.Value.IsTurning);
        Assert.True(field.Current.Find("whole")!.Value.IsTurning);
        Assert.Equal(1000 / 5, field.Current.Faults);
        broken.Fails = false;
        Run(field, 200);
        Assert.True(field.Current.Find("broken")!.Value.IsTurning);
    }

    /// <summary>Began anew, from the future, before all time: it measures nothing, and nothing becomes no number.</summary>
    [Theory, InlineData(0, 0), InlineData(-5, long.MaxValue), InlineData(long.MaxValue, long.MinValue), InlineData(1, -1)]
    public void A_counter_that_tells_nonsense_breaks_nothing(long count, long began)
    {
        var field = new PhaseField(new(), _clock);
        var counter = new Told();
        field.Join("odd", counter);
        field.Join("whole", new Metronome(_clock, 20));
        for (var i = 0; i < 100; i++)
        {
            counter.Reading = i % 2 == 0 ? new(i, _clock.GetTimestamp()) : new(count, began);
            Run(field, 5);
            var snapshot = field.Current;
            Assert.All(snapshot.Names, name => Assert.InRange(snapshot.Find(name)!.Value.Phase, 0, 2 * Math.PI));
            Assert.InRange(snapshot.Order.R, 0, 1 + 1e-12);
        }
        Assert.Equal(20, field.Current.Find("whole")!.Value.Period.TotalMilliseconds, 0.01);
    }

    [Fact]
    public void After_a_pause_there_is_no_giant_step_and_what_was_locked_still_is()
    {
        var options = new PhaseOptions { MostSteps = 20 };
        var field = new PhaseField(options, _clock);
        for (var i = 0; i < 8; i++)
            field.Join($"e{i}", new Metronome(_clock, 20 + 0.02 * i, i * 7 % 20));
        Run(field, 3000);
        Assert.InRange(field.Current.Order.R, 0.95, 1);
        var steps = field.Current.Steps;
        _clock.Advance(TimeSpan.FromMinutes(1));
        field.Advance();
        Assert.Equal(options.MostSteps, field.Current.Steps - steps);
        Assert.Equal(_clock.GetTimestamp(), field.Current.Timestamp);
        Assert.InRange(field.Current.Order.R, 0.95, 1);
    }

    [Fact]
    public void Noise_is_its_seeds()
    {
        double Phase(double noise, int seed)
        {
            var clock = new FakeTimeProvider();
            var field = new PhaseField(new() { Noise = noise, Seed = seed }, clock);
            field.Join("a", new Metronome(clock, 20));
            for (var i = 0; i < 100; i++)
            {
                clock.Advance(TimeSpan.FromMilliseconds(5));
                field.Advance();
            }
            return field.Current.Find("a")!.Value.Phase;
        }

        Assert.Equal(Phase(0.5, 1), Phase(0.5, 1));
        Assert.NotEqual(Phase(0.5, 1), Phase(0.5, 2));
        Assert.NotEqual(Phase(0.5, 1), Phase(0, 1));
    }

    [Fact]
    public void Options_out_of_range_are_refused_all_at_once()
    {
        var options = new PhaseOptions
        {
            Step = TimeSpan.Zero, MostSteps = 0, Coupling = double.NaN, Noise = -1, Smoothing = 0, IdlePeriods = 1, LeastPeriod = TimeSpan.FromHours(1),
        };
        Assert.Equal(7, options.Faults().Count);
        Assert.Throws<ArgumentException>(() => new PhaseField(options, _clock));
    }

    private void Run(PhaseField field, int milliseconds)
    {
        for (var i = 0; i < milliseconds; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            if ((i + 1) % 5 == 0)
                field.Advance();
        }
    }

    private sealed class Told : ICycleCounter
    {
        public CycleReading Reading { get; set; }
        public CycleReading Read() => Reading;
    }
}
