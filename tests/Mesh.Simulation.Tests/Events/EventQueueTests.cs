using Mesh.Simulation.Events;

namespace Mesh.Simulation.Tests.Events;

public sealed class EventQueueTests
{
    [Fact]
    public void What_is_due_first_happens_first_and_of_equals_what_was_said_first()
    {
        var queue = new EventQueue();
        var happened = new List<string>();
        queue.After(2, () => happened.Add($"c {queue.Now}"));
        queue.After(1, () =>
        {
            happened.Add($"a {queue.Now}");
            queue.After(0, () => happened.Add($"b {queue.Now}"));
        });
        queue.After(2, () => happened.Add($"d {queue.Now}"));
        queue.After(9, () => happened.Add("never"));
        queue.RunUntil(5);
        Assert.Equal(["a 1", "b 1", "c 2", "d 2"], happened);
        Assert.Equal((5.0, 1), (queue.Now, queue.Count));
    }

    [Theory]
    [InlineData(-1), InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void The_past_and_what_is_no_time_are_refused(double delay) => Assert.Throws<ArgumentOutOfRangeException>(() => new EventQueue().After(delay, () => { }));
}
