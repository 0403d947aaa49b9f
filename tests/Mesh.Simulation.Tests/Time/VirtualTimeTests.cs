using Mesh.Simulation.Time;

namespace Mesh.Simulation.Tests.Time;

public sealed class VirtualTimeTests
{
    private readonly VirtualTime _time = new(1);

    [Fact]
    public void What_is_due_happens_at_its_time_and_what_is_later_does_not()
    {
        var happened = new List<double>();
        foreach (var seconds in new[] { 3.0, 1, 2, 5 })
            _time.After(TimeSpan.FromSeconds(seconds), () => happened.Add(_time.Elapsed.TotalSeconds));
        _time.RunUntil(TimeSpan.FromSeconds(4));
        Assert.Equal([1, 2, 3], happened);
        Assert.Equal(TimeSpan.FromSeconds(4), _time.Elapsed);
        _time.RunUntil(TimeSpan.FromSeconds(9), () => true);
        Assert.Equal(TimeSpan.FromSeconds(5), _time.Elapsed);
    }

    [Fact]
    public void What_is_awaited_inside_goes_on_in_virtual_time()
    {
        var ends = TimeSpan.Zero;
        _time.After(TimeSpan.FromSeconds(1), () => _ = WaitAsync());
        _time.RunUntil(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromSeconds(11), ends);

        async Task WaitAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(10), _time);
            ends = _time.Elapsed;
        }
    }

    [Fact]
    public void A_slow_clock_shows_less_and_its_timers_are_late()
    {
        var clock = new NodeClock(_time) { Rate = 0.5 };
        var (start, fired) = (clock.GetTimestamp(), TimeSpan.Zero);
        using var timer = clock.CreateTimer(_ => fired = _time.Elapsed, null, TimeSpan.FromSeconds(10), Timeout.InfiniteTimeSpan);
        _time.RunUntil(TimeSpan.FromSeconds(60));
        Assert.Equal(TimeSpan.FromSeconds(20), fired);
        Assert.Equal(TimeSpan.FromSeconds(30), clock.GetElapsedTime(start));
        timer.Change(TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        _time.RunUntil(TimeSpan.FromSeconds(80));
        Assert.Equal(TimeSpan.FromSeconds(70), fired);
    }

    [Fact]
    public void Who_sets_the_wall_clock_does_not_set_the_timestamp()
    {
        var clock = new NodeClock(_time, TimeSpan.FromSeconds(2));
        var (start, wall) = (clock.GetTimestamp(), clock.GetUtcNow());
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromSeconds(2), wall);
        clock.Set(TimeSpan.FromMinutes(-5));
        _time.RunUntil(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(10), clock.GetElapsedTime(start));
        Assert.Equal(wall + TimeSpan.FromSeconds(10) - TimeSpan.FromMinutes(5), clock.GetUtcNow());
        clock.Rate = 1.1;
        _time.RunUntil(TimeSpan.FromSeconds(20));
        clock.Correct(TimeSpan.FromSeconds(1));
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromSeconds(1), clock.GetUtcNow());
    }
}
