using Mesh.Simulation.Time;
using Microsoft.Extensions.Options;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Hosting;

namespace Router.Api.Tests.Generation;

public sealed class BackgroundPaceTests
{
    private static readonly RouterOptions Defaults = new();

    [Fact]
    public void Without_users_it_goes_on_and_with_them_it_stands_still() => Run(1, async (pace, time) =>
    {
        (await pace.EnterAsync(1, default)).Dispose();
        var round = await pace.EnterAsync(1, default);
        pace.OnUser();
        round.Dispose();
        var next = pace.EnterAsync(1, default).AsTask();
        await Task.Delay(TimeSpan.FromSeconds(30), time);
        Assert.False(next.IsCompleted);
        pace.OnUserGone();
        (await next).Dispose();
    });

    [Theory, InlineData(0.1, 9, 1), InlineData(0.5, 1, 1), InlineData(0.01, 99, 1), InlineData(0.1, 18, 8), InlineData(0.1, 18, 15), InlineData(0.1, 27, 16)]
    public void Users_tokens_pay_for_a_round(double share, int tokens, int decoded) => Run(1, async (pace, time) =>
    {
        pace.OnUser();
        for (var i = 0; i < tokens; i++)
            pace.OnUserToken();      // nobody stands still yet: this is not saved up
        for (var round = 0; round < 3; round++)
        {
            var next = pace.EnterAsync(decoded, default).AsTask();
            for (var i = 1; i < tokens; i++)
                pace.OnUserToken();
            await Task.Delay(TimeSpan.FromSeconds(1), time);
            Assert.False(next.IsCompleted);
            pace.OnUserToken();
            (await next).Dispose();
        }
    }, Defaults with { BackgroundShare = share });

    [Theory, InlineData(16, 0.1, 1), InlineData(1, 0.1, 1), InlineData(40, 0.1, 4), InlineData(2, 0.5, 1)]
    public void It_has_its_share_of_the_places_and_one_at_least(int most, double share, int places) => Run(1, async (pace, _) =>
    {
        var rounds = Enumerable.Range(0, places + 1).Select(_ => pace.EnterAsync(1, default).AsTask()).ToList();
        await Task.WhenAll(rounds[..places]);
        Assert.False(rounds[places].IsCompleted);
        (await rounds[0]).Dispose();
        await rounds[places];
    }, Defaults with { MaxConcurrent = most, BackgroundShare = share });

    [Fact]
    public void A_round_that_waits_too_long_is_told_so_and_leaves_its_place_to_the_next() => Run(1, async (pace, time) =>
    {
        pace.OnUser();
        var first = pace.EnterAsync(1, default).AsTask();
        await Task.WhenAny(first);
        Assert.Equal(429, Assert.IsType<ApiException>(first.Exception!.InnerException).Status);
        using var leave = new CancellationTokenSource(TimeSpan.FromSeconds(1), time);
        var second = pace.EnterAsync(1, leave.Token).AsTask();
        await Task.WhenAny(second);
        Assert.True(second.IsCanceled);
        var third = pace.EnterAsync(1, default).AsTask();
        pace.OnUserGone();
        await third;
    });

    [Fact]
    public void So_many_requests_wait_and_no_more() => Run(1, (pace, _) =>
    {
        pace.Begin();
        pace.Begin();
        Assert.Equal(429, Assert.Throws<ApiException>(pace.Begin).Status);
        pace.End();
        pace.Begin();
        return Task.CompletedTask;
    }, Defaults with { MaxQueued = 1 });

    /// <summary>Users who come and go, works that come and leave, in any order: never more places or tokens than it may have, and in the end all goes on.</summary>
    [Fact]
    public void In_any_order_it_has_no_more_than_its_share()
    {
        for (var seed = 0; seed < 200; seed++)
            Run(seed, (pace, time) => ShareAsync(pace, time, new(seed)), Defaults with { MaxConcurrent = 20 });
    }

    private static async Task ShareAsync(BackgroundPace pace, VirtualTime time, Random random)
    {
        var (running, rounds, usersTokens) = (0, 0, 0);
        pace.OnUser();    // who is there all the time and gets nothing
        var works = Enumerable.Range(0, 4).Select(_ => WorkAsync()).ToList();
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => UserAsync()));
        Assert.InRange(rounds, usersTokens / 9 - 4, usersTokens / 9);
        pace.OnUserGone();
        await Task.WhenAll(works);
        Assert.Equal(0, running);

        async Task WorkAsync()
        {
            for (var round = 0; round < 60; round++)
            {
                using var leave = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.Next(1, 400)), time);
                try
                {
                    using var place = await pace.EnterAsync(1, random.Next(4) == 0 ? leave.Token : default);
                    rounds++;
                    Assert.InRange(++running, 1, 2);
                    await Task.Delay(TimeSpan.FromMilliseconds(random.Next(5)), time);
                    running--;
                }
                catch (OperationCanceledException)
                {
                }
            }
        }

        async Task UserAsync()
        {
            for (var request = 0; request < 4; request++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20)), time);
                pace.OnUser();
                for (var token = random.Next(60); token > 0; token--)
                {
                    pace.OnUserToken();
                    usersTokens++;
                    await Task.Delay(TimeSpan.FromMilliseconds(random.Next(4)), time);
                }
                pace.OnUserGone();
            }
        }
    }

    private static void Run(int seed, Func<BackgroundPace, VirtualTime, Task> body, RouterOptions? options = null)
    {
        var time = new VirtualTime(seed);
        time.Run(() => body(new(Options.Create(options ?? Defaults), time), time));
    }
}
