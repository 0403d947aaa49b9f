using Governance.Workflows.Ledger;

namespace Governance.Workflows.Tests.Ledger;

public class ErrandTests
{
    [Fact]
    public async Task Asked_for_while_it_is_done_it_is_done_once_more()
    {
        var (errand, count, first) = (new Errand(), 0, new TaskCompletionSource());
        var running = errand.RunAsync(() => ++count == 1 ? first.Task : Task.CompletedTask);
        for (var n = 0; n < 5; n++)
            Assert.True(errand.RunAsync(() => Task.CompletedTask).IsCompletedSuccessfully);
        Assert.Equal(1, count);
        first.SetResult();
        await running;
        Assert.Equal(2, count);
    }

    [Fact]
    public async Task It_is_done_after_the_last_time_that_it_was_asked_for_and_never_twice_at_once()
    {
        var (errand, asked, done, inside) = (new Errand(), 0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var n = 0; n < 500; n++)
            {
                Interlocked.Increment(ref asked);
                await errand.RunAsync(async () =>
                {
                    Assert.Equal(1, Interlocked.Increment(ref inside));
                    var seen = Volatile.Read(ref asked);
                    await Task.Yield();
                    Interlocked.Decrement(ref inside);
                    done = seen;
                });
            }
        })));
        Assert.Equal(8 * 500, done);
    }
}
