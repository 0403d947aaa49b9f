using Mesh.Workflows.Watching;
using static Mesh.Workflows.Tests.Watching.Turns;

namespace Mesh.Workflows.Tests.Watching;

public sealed class OpenWorkTests
{
    [Fact]
    public void What_has_not_answered_is_open()
    {
        var open = OpenWork.After(Request(Scheduled(0), Scheduled(1), Completed(0), Timer(2, 60), Timer(3, 30), Fired(3)), Response(Schedule(4), Child(5), Sleep(6, 90)));
        Assert.Equal((3, Noon.AddSeconds(60)), (open.Steps, open.NextTimer));
        Assert.False(open.IsNothing);
    }

    [Fact]
    public void Nothing_open_is_a_wait_for_an_event() => Assert.True(OpenWork.After(Request(Scheduled(0), Completed(0)), Response()).IsNothing);

    [Fact]
    public void A_child_that_answered_before_its_start_was_recorded_is_not_open() => Assert.True(OpenWork.After(Request(ChildCompleted(0)), Response(Child(0))).IsNothing);

    [Fact]
    public void A_child_that_has_answered_is_not_asked_for_again()
    {
        var answer = Response(Child(0), Schedule(1), Child(2));
        LostStarts.Drop(Request(ChildCompleted(0)), answer);
        Assert.Equal([1, 2], answer.Actions.Select(a => a.Id));
    }
}
