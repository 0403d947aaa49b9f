using Mesh.Inference.Decoding;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Inference.Tests.Decoding;

public sealed class BatchGatheringTests
{
    private readonly FakeTimeProvider _time = new();

    private BatchGathering After(double decodeMilliseconds, int answered, int others)
    {
        var gathering = new BatchGathering(_time);
        gathering.BeginDecode();
        _time.Advance(TimeSpan.FromMilliseconds(decodeMilliseconds));
        gathering.EndDecode(answered, others);
        return gathering;
    }

    [Fact]
    public void It_waits_for_those_just_answered_and_no_longer_once_they_are_back()
    {
        var gathering = After(16, answered: 3, others: 5);
        Assert.True(gathering.IsWorthWaiting(5));
        Assert.True(gathering.IsWorthWaiting(7));
        Assert.False(gathering.IsWorthWaiting(8));
    }

    [Fact]
    public void It_waits_an_eighth_of_the_decode_and_never_twice_for_the_same_batch()
    {
        var gathering = After(16, answered: 8, others: 0);
        _time.Advance(TimeSpan.FromMilliseconds(1.9));
        Assert.True(gathering.IsWorthWaiting(1));
        _time.Advance(TimeSpan.FromMilliseconds(0.2));
        Assert.False(gathering.IsWorthWaiting(1));
        Assert.False(gathering.IsWorthWaiting(1));
    }

    [Fact]
    public void However_slow_a_decode_is_the_wait_is_bounded()
    {
        var gathering = After(60_000, answered: 8, others: 0);
        _time.Advance(TimeSpan.FromMilliseconds(3.1));
        Assert.False(gathering.IsWorthWaiting(7));
    }

    [Fact]
    public void Nobody_waits_alone_for_a_fast_decode_before_the_first_or_while_nothing_is_there()
    {
        Assert.False(After(20, answered: 1, others: 0).IsWorthWaiting(1));
        Assert.False(After(0.9, answered: 8, others: 0).IsWorthWaiting(2));
        Assert.False(After(20, answered: 0, others: 4).IsWorthWaiting(2));
        Assert.False(After(20, answered: 8, others: 0).IsWorthWaiting(0));
        Assert.False(new BatchGathering(_time).IsWorthWaiting(1));
    }
}
