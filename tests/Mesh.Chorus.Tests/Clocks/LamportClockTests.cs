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
    public void A_hostile_stamp_does_not_move_it(long seen)
    {
        var clock = new LamportClock();
        clock.Tick();
        Assert.False(clock.TryReceive(seen, out _));
        Assert.Equal(1, clock.Now);
    }

    /// <summary>Whoever is really so far behind comes there with several messages.</summary>
    [Fact]
    public void One_message_pushes_it_so_far_and_no_further()
    {
        var clock = new LamportClock();
        Assert.True(clock.TryReceive(1L << 50, out var stamp));
        Assert.Equal(LamportClock.MostAhead + 1, stamp);
        Assert.True(clock.TryReceive(stamp + LamportClock.MostAhead, out stamp));
        Assert.Equal((2 * LamportClock.MostAhead) + 2, stamp);
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
        Assert.False(clock.TryTick(out _));
        Assert.False(clock.TryReceive(7, out _));
        clock.Raise(9);
        Assert.Equal(0, clock.Now);
    }

    [Fact]
    public async Task While_a_disk_hangs_what_is_reserved_is_given_and_no_more()
    {
        using ManualResetEventSlim hung = new(), released = new();
        var isSlow = false;
        var clock = new LamportClock(0, _ =>
        {
            if (!isSlow)
                return;
            hung.Set();
            released.Wait(TimeSpan.FromMinutes(1));
        });
        Assert.Equal(1, clock.Tick());
        isSlow = true;
        var far = Task.Run(() => clock.TryReceive(100_000, out _));
        Assert.True(hung.Wait(TimeSpan.FromMinutes(1)));
        Assert.True(clock.TryTick(out var stamp, mayWrite: false));
        Assert.Equal(2, stamp);
        Assert.True(clock.TryReceive(1000, out stamp, mayWrite: false));
        Assert.Equal(1001, stamp);
        Assert.False(clock.TryReceive(200_000, out _, mayWrite: false));
        released.Set();
        Assert.True(await far);
        Assert.True(clock.Now > 100_000);
    }
}
