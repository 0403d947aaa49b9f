using Mesh.Contracts.Steps;
using Mesh.Inference.Decoding;

namespace Mesh.Inference.Tests.Decoding;

public sealed class LaneTableTests
{
    [Fact]
    public void A_session_begins_on_the_lane_with_the_fewest_and_stays_there()
    {
        var table = new LaneTable(2);
        Assert.Equal(0, table.LaneOf(new(1), begins: true));
        Assert.Equal(1, table.LaneOf(new(2), begins: true));
        Assert.Equal(0, table.LaneOf(new(3), begins: true));
        Assert.Equal(1, table.LaneOf(new(2), begins: false));
        Assert.Equal(0, table.LaneOf(new(1), begins: true));
        Assert.Equal(0, table.Remove(new(1)));
        Assert.Equal(0, table.Remove(new(3)));
        Assert.Equal(0, table.LaneOf(new(4), begins: true));
        Assert.Equal(0, table.LaneOf(new(5), begins: false));
    }

    [Fact]
    public void An_unknown_session_that_does_not_begin_is_on_none_but_lane_0_answers_it()
    {
        var table = new LaneTable(2);
        Assert.Equal(0, table.LaneOf(new(7), begins: false));
        Assert.Equal(-1, table.Remove(new(7)));
        Assert.Equal(0, table.LaneOf(new(8), begins: true));
    }

    [Fact]
    public void Sessions_that_never_say_goodbye_do_not_fill_the_memory()
    {
        var table = new LaneTable(3);
        for (var i = 1ul; i <= 100_000; i++)
            Assert.InRange(table.LaneOf(new SessionId(i), begins: true), 0, 2);
        Assert.Equal(-1, table.Remove(new(1)));
    }
}
