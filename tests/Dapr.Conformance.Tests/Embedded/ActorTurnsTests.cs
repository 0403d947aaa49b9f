using Dapr.Sidecar.Actors;

namespace Dapr.Conformance.Tests.Embedded;

public sealed class ActorTurnsTests
{
    private readonly ActorTurns _turns = new();

    private Task<TurnEntry> Enter(string? id = null, CancellationToken token = default) => _turns.EnterAsync(id, 2, token).AsTask();

    [Fact]
    public async Task Turns_come_in_the_order_of_arrival()
    {
        Assert.Equal(TurnEntry.Entered, await Enter());
        var waiting = Enumerable.Range(0, 5).Select(_ => Enter()).ToArray();
        for (var i = 0; i < 5; i++)
        {
            Assert.All(waiting[i..], w => Assert.False(w.IsCompleted));
            _turns.Leave();
            Assert.Equal(TurnEntry.Entered, await waiting[i]);
        }
    }

    [Fact]
    public async Task The_running_turn_may_be_reentered_to_its_depth()
    {
        await Enter("a");
        Assert.Equal(TurnEntry.Entered, await Enter("a"));
        Assert.Equal(TurnEntry.TooDeep, await Enter("a"));
        var other = Enter("b");
        _turns.Leave();
        Assert.False(other.IsCompleted);
        _turns.Leave();
        await other;
        Assert.Equal(1, _turns.Pending);
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_the_line_in_order()
    {
        await Enter();
        using var cancel = new CancellationTokenSource();
        var (gone, next) = (Enter(token: cancel.Token), Enter());
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        _turns.Leave();
        Assert.Equal(TurnEntry.Entered, await next);
        Assert.Equal(1, _turns.Pending);
    }

    [Fact]
    public async Task A_retired_actor_takes_nobody_and_a_wanted_one_does_not_retire()
    {
        await Enter();
        var wanted = Enter();
        Assert.False(_turns.TryRetire());
        _turns.Leave();
        await wanted;
        Assert.True(_turns.TryRetire());
        Assert.Equal(TurnEntry.Retired, await Enter());
    }

    [Fact]
    public async Task Who_waits_for_an_actor_that_moves_is_sent_on()
    {
        await Enter();
        using var cancel = new CancellationTokenSource();
        var (waiting, gone) = (Enter(), Enter(token: cancel.Token));
        _turns.Retire();
        await cancel.CancelAsync();
        Assert.Equal(TurnEntry.Retired, await waiting);
        await Record.ExceptionAsync(() => gone);
        Assert.Equal(TurnEntry.Retired, await Enter());
        Assert.Equal(1, _turns.Pending);
        _turns.Leave();
        Assert.Equal(0, _turns.Pending);
    }

    [Fact]
    public async Task A_thousand_callers_that_come_and_give_up_never_overlap()
    {
        var (inside, most, random) = (0, 0, new Random(3));
        var delays = Enumerable.Range(0, 1000).Select(_ => random.Next(3)).ToArray();
        await Task.WhenAll(delays.Select(async delay =>
        {
            using var cancel = new CancellationTokenSource();
            if (delay == 2)
                cancel.CancelAfter(1);
            try
            {
                await _turns.EnterAsync(null, 1, cancel.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
            _turns.Leave();
        }));
        Assert.Equal((1, 0), (most, _turns.Pending));
    }
}
