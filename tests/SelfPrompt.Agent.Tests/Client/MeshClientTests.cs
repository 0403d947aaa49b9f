using System.Net;
using Microsoft.Extensions.Time.Testing;
using SelfPrompt.Agent.Client;

namespace SelfPrompt.Agent.Tests.Client;

public sealed class MeshClientTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));

    [Theory, InlineData(429, "rate_limit_exceeded"), InlineData(503, "no_experts"), InlineData(503, "shutting_down")]
    public async Task What_passes_is_asked_again_when_the_router_says_so(int status, string code)
    {
        var router = new ScriptedRouter(n => n < 2 ? ScriptedRouter.Refusal((HttpStatusCode)status, code, retryAfter: 20) : ScriptedRouter.Ok());
        var asked = router.Client(_time).PostAsync("v1/completions", new { }, default);
        Assert.Equal((1, false), (router.Requests, asked.IsCompleted));
        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.Equal((1, false), (router.Requests, asked.IsCompleted));
        _time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(asked);
        Assert.Equal(3, router.Requests);
    }

    [Theory, InlineData(503, MeshClient.Halted), InlineData(400, "context_length_exceeded"), InlineData(500, "internal_error"), InlineData(401, "invalid_api_key")]
    public async Task What_does_not_pass_is_told_at_once(int status, string code)
    {
        var router = new ScriptedRouter(_ => ScriptedRouter.Refusal((HttpStatusCode)status, code, retryAfter: 1));
        Assert.Equal(code, (await Assert.ThrowsAsync<MeshAnswerException>(() => router.Client(_time).PostAsync("v1/completions", new { }, default))).Code);
        Assert.Equal(1, router.Requests);
    }

    [Fact]
    public async Task It_is_asked_again_for_minutes_and_no_longer()
    {
        var router = new ScriptedRouter(_ => ScriptedRouter.Refusal(HttpStatusCode.ServiceUnavailable, "no_experts"));
        var asked = router.Client(_time).PostAsync("v1/completions", new { }, default);
        await Assert.ThrowsAsync<MeshAnswerException>(() => UntilAsync(asked));
        Assert.InRange(router.Requests, 2, 200);
        // Nobody waits for an hour because the other side says so.
        router = new(_ => ScriptedRouter.Refusal(HttpStatusCode.TooManyRequests, "rate_limit_exceeded", retryAfter: 3600));
        await Assert.ThrowsAsync<MeshAnswerException>(() => router.Client(_time).PostAsync("v1/completions", new { }, default));
        Assert.Equal(1, router.Requests);
    }

    [Fact]
    public async Task Whoever_waits_can_be_stopped()
    {
        using var stop = new CancellationTokenSource();
        var router = new ScriptedRouter(_ => ScriptedRouter.Refusal(HttpStatusCode.TooManyRequests, "rate_limit_exceeded", retryAfter: 60));
        var asked = router.Client(_time).PostAsync("v1/completions", new { }, stop.Token);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        Assert.Equal(1, router.Requests);
    }

    /// <summary>Moves the clock on while the call waits for it.</summary>
    private async Task UntilAsync(Task asked)
    {
        while (!asked.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await asked;
    }
}
