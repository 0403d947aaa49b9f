using Mesh.Chorus.Windows;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Chorus.Tests.Windows;

public sealed class BatchWindowTests
{
    private const double Decode = 20, Way = 4;

    // Not at a whole second, where a rally would be.
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddMilliseconds(200));

    private BatchWindow Window(WindowPolicy policy, double gathering = 0, IPhaseBoundary? phase = null) => new(_time, 8, policy, TimeSpan.FromMilliseconds(gathering), phase);

    private void Pass(double milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    private void Arrive(BatchWindow window, params int[] seats)
    {
        foreach (var seat in seats)
            window.Arrive(seat, _time.GetTimestamp());
    }

    private void Decoded(BatchWindow window, params int[] seats)
    {
        window.BeginDecode(seats.Length);
        Pass(Decode);
        window.EndDecode();
        foreach (var seat in seats)
            window.Answer(seat);
    }

    /// <summary>A few rounds in which all come back together.</summary>
    private BatchWindow Settled(WindowPolicy policy, int[] seats, double gathering = 0, double way = Way, IPhaseBoundary? phase = null)
    {
        var window = Window(policy, gathering, phase);
        for (var round = 0; round < 8; round++)
        {
            Arrive(window, seats);
            Decoded(window, seats);
            Pass(way);
        }
        return window;
    }

    [Fact]
    public void Nobody_there_is_no_reason_to_begin()
    {
        foreach (var policy in (WindowPolicy[])[WindowPolicy.AtOnce, WindowPolicy.HalfDecode, WindowPolicy.AllExpected, WindowPolicy.Auto])
            Assert.Equal(Timeout.InfiniteTimeSpan, Window(policy).Wait());
    }

    [Fact]
    public void The_first_that_ever_comes_waits_for_nobody()
    {
        foreach (var policy in (WindowPolicy[])[WindowPolicy.AtOnce, WindowPolicy.HalfDecode, WindowPolicy.AllExpected, WindowPolicy.Auto])
        {
            var window = Window(policy);
            Arrive(window, 3);
            Assert.Equal(TimeSpan.Zero, window.Wait());
        }
    }

    [Fact]
    public void It_waits_for_those_who_were_answered_and_begins_when_the_last_is_back()
    {
        var window = Settled(WindowPolicy.AllExpected, [0, 1, 2]);
        Arrive(window, 0, 1);
        Assert.True(window.Wait() > TimeSpan.Zero);
        Arrive(window, 2);
        Assert.Equal(TimeSpan.Zero, window.Wait());
    }

    [Theory]
    [InlineData(WindowPolicy.HalfDecode, 0.5)]
    [InlineData(WindowPolicy.AllExpected, 1)]
    public void Patience_is_a_share_of_a_decode_from_the_first_arrival(WindowPolicy policy, double decodes)
    {
        var window = Settled(policy, [0, 1, 2]);
        Arrive(window, 0);
        Assert.Equal(decodes * Decode, window.Wait().TotalMilliseconds, 0.01);
        Pass(decodes * Decode / 2);
        Arrive(window, 1);
        Assert.Equal(decodes * Decode / 2, window.Wait().TotalMilliseconds, 0.01);
        Pass(decodes * Decode / 2);
        Assert.Equal(TimeSpan.Zero, window.Wait());
    }

    [Fact]
    public void Who_has_ended_is_not_waited_for()
    {
        var window = Settled(WindowPolicy.AllExpected, [0, 1, 2]);
        Arrive(window, 0, 1);
        window.Leave(2);
        Assert.Equal(TimeSpan.Zero, window.Wait());
    }

    [Fact]
    public void Nor_is_who_ended_while_it_was_computed()
    {
        var window = Settled(WindowPolicy.AllExpected, [0, 1]);
        Arrive(window, 0, 1);
        window.BeginDecode(2);
        Pass(Decode);
        window.EndDecode();
        window.Leave(1);
        window.Answer(0);
        window.Answer(1);
        Pass(Way);
        Arrive(window, 0);
        Assert.Equal(TimeSpan.Zero, window.Wait());
    }

    [Fact]
    public void A_step_that_came_to_nothing_is_there_no_more()
    {
        var window = Window(WindowPolicy.AllExpected);
        Arrive(window, 0);
        window.Leave(0);
        Assert.Equal(Timeout.InfiniteTimeSpan, window.Wait());
    }

    [Fact]
    public void Who_pauses_is_waited_for_a_few_decodes_at_most_and_then_forgotten_until_it_comes_back()
    {
        var window = Settled(WindowPolicy.AllExpected, [0, 1, 2]);
        var waits = 0;
        for (var round = 0; round < 10; round++)
        {
            Arrive(window, 0, 1);
            if (window.Wait() is var wait && wait > TimeSpan.Zero)
            {
                waits++;
                _time.Advance(wait);
            }
            Assert.Equal(TimeSpan.Zero, window.Wait());
            Decoded(window, 0, 1);
            Pass(Way);
        }
        Assert.InRange(waits, 1, 3);
        Arrive(window, 0, 1, 2);
        Decoded(window, 0, 1, 2);
        Pass(Way);
        Arrive(window, 0);
        Assert.True(window.Wait() > TimeSpan.Zero);
    }

    [Fact]
    public void Who_always_takes_many_decodes_is_not_waited_for()
    {
        var window = Settled(WindowPolicy.AllExpected, [0, 1, 2], way: 10 * Decode);
        Arrive(window, 0);
        Assert.Equal(TimeSpan.Zero, window.Wait());
    }

    [Fact]
    public void Who_is_not_answered_is_still_there_after_a_decode()
    {
        var window = Window(WindowPolicy.AtOnce);
        Arrive(window, 0, 1);
        window.BeginDecode(2);
        Pass(Decode);
        window.EndDecode();
        window.Answer(0);
        Assert.Equal(TimeSpan.Zero, window.Wait());
    }

    [Fact]
    public void Beginning_at_once_waits_for_nobody_where_nothing_may_be_gathered()
    {
        var window = Settled(WindowPolicy.AtOnce, [0, 1, 2], way: 0.3);
        Arrive(window, 0);
        Assert.Equal(TimeSpan.Zero, window.Wait());
    }

    /// <summary>Sessions that come back in no time beside a decode are gathered, at most an eighth of it.</summary>
    [Fact]
    public void Beginning_at_once_may_gather_those_who_come_right_back()
    {
        var window = Settled(WindowPolicy.AtOnce, [0, 1, 2], gathering: 3, way: 0.3);
        Arrive(window, 0, 1);
        Assert.InRange(window.Wait().TotalMilliseconds, 0.01, Decode / 8);
        Pass(Decode / 8);
        Assert.Equal(TimeSpan.Zero, window.Wait());
    }

    [Fact]
    public void Gathering_is_for_those_only_who_are_back_in_time()
    {
        var window = Settled(WindowPolicy.AtOnce, [0, 1, 2], gathering: 3, way: Decode / 2);
        Arrive(window, 0, 1, 2);
        Decoded(window, 0, 1, 2);
        Pass(0.3);
        Arrive(window, 0, 1);
        Assert.Equal(TimeSpan.Zero, window.Wait());
    }

    [Fact]
    public void Nobody_gives_up_at_a_rally_before_the_others()
    {
        var window = Settled(WindowPolicy.AllExpected, [0, 1, 2]);
        _time.SetUtcNow(new DateTimeOffset(_time.GetUtcNow().Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond + TimeSpan.TicksPerSecond, TimeSpan.Zero) - TimeSpan.FromMilliseconds(Decode + Way));
        Arrive(window, 0, 1, 2);
        Decoded(window, 0, 1, 2);
        Pass(Way);   // The second has come.
        Arrive(window, 0);
        Assert.Equal(3 * Decode - Way, window.Wait().TotalMilliseconds, 0.01);
    }

    [Fact]
    public void A_phase_opens_when_its_boundary_is_passed_and_not_before_unless_all_are_there()
    {
        var phase = new Boundary();
        var window = Settled(WindowPolicy.Phases, [0, 1], phase: phase);
        phase.Next = _time.GetTimestamp() + _time.TimestampFrequency / 100;
        Arrive(window, 0);
        Assert.Equal(10, window.Wait().TotalMilliseconds, 0.01);
        phase.Next += _time.TimestampFrequency;   // As the phase says of its next turn once it is over this one.
        Pass(10);
        Assert.Equal(TimeSpan.Zero, window.Wait());
        phase.Next = _time.GetTimestamp() + _time.TimestampFrequency;
        Arrive(window, 1);
        Assert.Equal(TimeSpan.Zero, window.Wait());
        Assert.Throws<ArgumentException>(() => Window(WindowPolicy.Phases));
    }

    /// <summary>Who waits and computes nothing for long looks as if it hung.</summary>
    [Theory, InlineData(500), InlineData(5000), InlineData(20_000)]
    public void However_slow_decodes_are_patience_ends(double decode)
    {
        foreach (var policy in (WindowPolicy[])[WindowPolicy.AllExpected, WindowPolicy.Auto])
        {
            var window = Window(policy);
            for (var round = 0; round < 40; round++)
            {
                Arrive(window, 0, 1);
                Assert.InRange(window.Wait(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
                window.BeginDecode(2);
                Pass(decode);
                window.EndDecode();
                window.Answer(0);
                window.Answer(1);
                Pass(Way);
                Arrive(window, 0);
                Assert.InRange(window.Wait(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
            }
        }
    }

    [Fact]
    public void Who_came_back_at_once_is_not_held_to_it()
    {
        var window = Window(WindowPolicy.AllExpected);
        Arrive(window, 0, 1);
        Decoded(window, 0, 1);
        for (var round = 0; round < 60; round++)
        {
            window.Arrive(0, _time.GetTimestamp() - (round == 0 ? 1000 : 0));   // it had asked again before it was answered
            if (round > 0)
                window.Arrive(1, _time.GetTimestamp());
            Decoded(window, [.. round > 0 ? [0, 1] : new[] { 0 }]);
            Pass(Way);
        }
        Arrive(window, 1);
        Assert.True(window.Wait() > TimeSpan.Zero);   // for 0, which takes its way like the other
    }

    private sealed class Boundary : IPhaseBoundary
    {
        public long Next { get; set; } = long.MaxValue;

        public long NextAfter(long timestamp) => Next;
    }
}
