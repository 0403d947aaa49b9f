using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Router.Api.Generation;

namespace Router.Api.Tests.Generation;

public sealed class QueueTests
{
    private const string Path = "/v1/chat/completions";
    private static readonly object Hello = new { model = "mesh", messages = new[] { new { role = "user", content = "Hi" } } };

    [Fact]
    public async Task Beyond_the_queue_a_request_is_told_when_to_come_back()
    {
        var release = new TaskCompletionSource();
        var loop = new ScriptedLoop { Before = (_, ct) => release.Task.WaitAsync(ct) };
        await using var router = await RouterHost.StartAsync(loop: loop, settings: ["--Mesh:Router:MaxConcurrent=1", "--Mesh:Router:MaxChoices=1", "--Mesh:Router:MaxQueued=1"]);
        var queue = router.Services.GetRequiredService<GenerationQueue>();
        var first = router.Client.PostAsJsonAsync(Path, Hello);
        await Eventually(() => queue.Running == 1);
        var second = router.Client.PostAsJsonAsync(Path, Hello);
        await Eventually(() => queue.Waiting == 1);

        using var third = await router.Client.PostAsJsonAsync(Path, Hello);
        Assert.InRange(third.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        var error = await RouterHost.ErrorAsync(third, 429);
        Assert.Equal("rate_limit_exceeded", error.GetProperty("code").GetString());

        release.SetResult();
        Assert.True((await first).IsSuccessStatusCode);
        Assert.True((await second).IsSuccessStatusCode);
        Assert.True((await router.Client.PostAsJsonAsync(Path, Hello)).IsSuccessStatusCode);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_router_that_stops_lets_answers_end_within_its_grace_and_then_says_so(bool stream)
    {
        var loop = new ScriptedLoop { Before = (i, ct) => i == 0 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, ct) };
        await using var router = await RouterHost.StartAsync(loop: loop, settings: "--Mesh:Router:ShutdownGrace=00:00:00.2");
        var queue = router.Services.GetRequiredService<GenerationQueue>();
        var asked = router.Client.PostAsJsonAsync(Path, new { model = "mesh", stream, messages = new[] { new { role = "user", content = "Hi" } } });
        await Eventually(() => queue.Running == 1);
        router.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        var refused = await RouterHost.ErrorAsync(await router.Client.PostAsJsonAsync(Path, Hello), 503);
        Assert.Equal("shutting_down", refused.GetProperty("code").GetString());
        using var response = await asked;
        var body = await response.Content.ReadAsStringAsync();
        Assert.Equal(stream, response.IsSuccessStatusCode);
        Assert.Contains("\"code\":\"shutting_down\"", body[(stream ? body.LastIndexOf("data: ", StringComparison.Ordinal) : 0)..]);
    }

    [Fact]
    public async Task A_client_that_waits_too_long_is_told_to_come_back()
    {
        var release = new TaskCompletionSource();
        var loop = new ScriptedLoop { Before = (_, ct) => release.Task.WaitAsync(ct) };
        await using var router = await RouterHost.StartAsync(loop: loop,
            settings: ["--Mesh:Router:MaxConcurrent=1", "--Mesh:Router:MaxChoices=1", "--Mesh:Router:QueueTimeout=00:00:00.05"]);
        var first = router.Client.PostAsJsonAsync(Path, Hello);
        await Eventually(() => router.Loop.Requests.Count == 1);
        await RouterHost.ErrorAsync(await router.Client.PostAsJsonAsync(Path, Hello), 429);
        release.SetResult();
        Assert.True((await first).IsSuccessStatusCode);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_client_that_leaves_frees_the_experts_and_its_place(bool stream)
    {
        var loop = new ScriptedLoop { Before = (i, ct) => i < 2 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, ct) };
        await using var router = await RouterHost.StartAsync(loop: loop, settings: ["--Mesh:Router:MaxConcurrent=1", "--Mesh:Router:MaxChoices=1"]);
        using var leave = new CancellationTokenSource();
        var asked = router.Client.PostAsJsonAsync(Path, new { model = "mesh", messages = new[] { new { role = "user", content = "Hi" } }, stream }, leave.Token);
        await Eventually(() => router.Loop.Requests.Count == 1);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await loop.Abandoned.Task.WaitAsync(TimeSpan.FromSeconds(10));
        loop.Before = null;
        Assert.True((await router.Client.PostAsJsonAsync(Path, Hello)).IsSuccessStatusCode);
    }

    private static async Task Eventually(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!holds())
            await Task.Delay(5, limit.Token);
    }
}
