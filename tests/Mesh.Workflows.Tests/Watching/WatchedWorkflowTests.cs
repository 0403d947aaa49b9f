using Mesh.Workflows.Watching;
using static Mesh.Workflows.Tests.Watching.Turns;

namespace Mesh.Workflows.Tests.Watching;

public sealed class WatchedWorkflowTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly WatchedWorkflow _workflow = new("w", null);

    [Fact]
    public void One_that_is_only_known_by_name_stands_still_after_the_patience() => Assert.Equal([false, false, true], Looks(0, 9, 10));

    [Fact]
    public void A_turn_that_is_out_explains_it()
    {
        _workflow.Turn(Request(), Noon);
        Assert.Equal([false], Looks(1000));
    }

    [Fact]
    public void Steps_that_do_not_answer_do_not_explain_it()
    {
        Turn(events: 1, at: 0, new(1, null));
        Assert.Equal([false, true], Looks(9, 10));
    }

    [Fact]
    public void A_wait_for_an_event_explains_it()
    {
        Turn(events: 1, at: 0, new(0, null));
        Assert.Equal([false], Looks(100_000));
    }

    [Fact]
    public void A_timer_explains_it_until_it_is_due()
    {
        Turn(events: 1, at: 0, new(0, Noon.AddSeconds(3600)));
        Assert.Equal([false, true], Looks(3609, 3610));
    }

    [Fact]
    public void A_start_in_the_future_explains_it()
    {
        var later = new WatchedWorkflow("w", Noon.AddSeconds(60));
        Assert.False(later.StandsStill(Noon, Patience));
        Assert.False(later.StandsStill(Noon.AddSeconds(69), Patience));
        Assert.True(later.StandsStill(Noon.AddSeconds(70), Patience));
    }

    [Fact]
    public void The_same_turn_again_is_no_progress_and_a_longer_one_is()
    {
        for (var second = 0; second < 12; second++)
            Turn(events: 1, at: second, new(1, null));
        Assert.Equal([true], Looks(12));
        Turn(events: 2, at: 12, new(1, null));
        Assert.Equal([false], Looks(12));
    }

    [Fact]
    public void Each_wake_doubles_the_patience_and_after_six_it_is_left_alone()
    {
        Turn(events: 1, at: 0, new(1, null));
        var woken = new List<int>();
        for (var second = 0; second < 10_000; second++)
        {
            if (!_workflow.StandsStill(Noon.AddSeconds(second), Patience))
                continue;
            woken.Add(second);
            _workflow.Woken(Noon.AddSeconds(second));
        }
        Assert.Equal([10, 30, 70, 150, 310, 630], woken);
    }

    private void Turn(int events, int at, OpenWork open)
    {
        _workflow.Turn(Request([.. Enumerable.Range(0, events).Select(Scheduled)]), Noon.AddSeconds(at));
        _workflow.Answered(open);
    }

    private bool[] Looks(params int[] seconds) => [.. seconds.Select(s => _workflow.StandsStill(Noon.AddSeconds(s), Patience))];
}
