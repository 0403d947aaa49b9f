using Mesh.Chorus.Clocks;

namespace Mesh.Chorus.Tests.Clocks;

public sealed class LamportClockTests
{
    [Fact]
    public void Every_event_is_later_and_a_message_is_later_than_both()
    {
        var clock = new LamportClock();
        Assert.Equal([1, 2], [clock.Tick(), clock.Tick()]);
        Assert.True(clock.TryReceive(41, out var stamp));
        Assert.Equal((42, 42), (stamp, clock.Now));
        Assert.True(clock.TryReceive(7, out stamp));
        Assert.Equal(43, stamp);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(LamportClock.Most)]
    [InlineData(LamportClock.MostAhead + 2)]
    public void A_hostile_stamp_does_not_move_it(long seen)
    {
        var clock = new LamportClock();
        clock.Tick();
        Assert.False(clock.TryReceive(seen, out _));
        Assert.Equal(1, clock.Now);
    }

    [Fact]
    public void What_the_mesh_committed_is_followed_however_far()
    {
        var clock = new LamportClock();
        clock.Raise(1L << 50);
        clock.Raise(5);
        Assert.Equal(1L << 50, clock.Now);
        Assert.Throws<ArgumentOutOfRangeException>(() => clock.Raise(long.MaxValue));
    }

    [Fact]
    public async Task No_two_threads_get_one_stamp()
    {
        var clock = new LamportClock();
        var stamps = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Enumerable.Range(0, 10_000).Select(_ => clock.Tick()).ToArray())));
        Assert.Equal(40_000, stamps.SelectMany(s => s).Distinct().Count());
        Assert.All(stamps, s => Assert.Equal(s.Order(), s));
    }

    [Fact]
    public void After_a_restart_it_is_above_all_it_gave()
    {
        long disk = 0, last = 0;
        var writes = 0;
        for (var life = 0; life < 3; life++)
        {
            var clock = new LamportClock(disk, reserved => (disk, writes) = (reserved, writes + 1));
            for (var i = 0; i < 5000; i++)
            {
                var stamp = clock.Tick();
                Assert.True(stamp > last);
                last = stamp;
            }
        }
        Assert.InRange(writes, 3, 9);
    }

    [Fact]
    public void A_stamp_that_cannot_be_made_durable_is_not_given()
    {
        var clock = new LamportClock(0, _ => throw new IOException("full"));
        Assert.Throws<IOException>(() => clock.Tick());
        Assert.Equal(0, clock.Now);
    }
}
