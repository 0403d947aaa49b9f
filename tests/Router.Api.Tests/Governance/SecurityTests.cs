using System.Net.Http.Headers;
using System.Text;
using Mesh.Contracts.Security;
using Mesh.Governance.Configurations;

namespace Router.Api.Tests.Governance;

/// <summary>Who may ask, and how often, is what people decided, from the next request on.</summary>
public sealed class SecurityTests
{
    private const string Models = "/v1/models";

    [Fact]
    public async Task A_revoked_key_opens_nothing_until_it_is_restored_and_its_running_answer_goes_on()
    {
        using var keys = new TemporaryKeys();
        var other = new ApiKeyFile(keys.File).Add("other");
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var loop = new ScriptedLoop { Before = (token, stop) => token == 2 ? goOn.Task.WaitAsync(stop) : Task.CompletedTask };
        await using var router = await RouterHost.StartAsync(loop: loop, settings: $"--Mesh:ApiKeysFile={keys.File}");
        using var stream = await StreamAsync(router, keys.Key);

        router.Node.Configuration = Configurations.Of(1, security: new() { RevokedKeys = ["client"] });
        Assert.Equal("invalid_api_key", (await RouterHost.ErrorAsync(await AskAsync(router, keys.Key), 401)).GetProperty("code").GetString());
        Assert.Equal(200, (int)(await AskAsync(router, other)).StatusCode);
        goOn.SetResult();
        var answer = await stream.Content.ReadAsStringAsync();
        Assert.EndsWith("data: [DONE]\n\n", answer);
        Assert.DoesNotContain("error", answer);

        router.Node.Configuration = Configurations.Of(2);
        Assert.Equal(200, (int)(await AskAsync(router, keys.Key)).StatusCode);
    }

    [Fact]
    public async Task A_governed_limit_is_over_the_routers_own_and_that_of_a_key_over_that_of_the_others()
    {
        using var keys = new TemporaryKeys();
        var other = new ApiKeyFile(keys.File).Add("other");
        await using var router = await RouterHost.StartAsync(settings: [$"--Mesh:ApiKeysFile={keys.File}", "--Mesh:Router:RequestsPerMinute=1"]);
        await AllowsAsync(router, keys.Key, 1);
        router.Node.Configuration = Configurations.Of(1, security: new() { RateLimits = [new("client", 3)], RateLimit = 2 });
        await AllowsAsync(router, keys.Key, 3);
        await AllowsAsync(router, other, 2);
        router.Node.Configuration = Configurations.Of(2, security: new() { RateLimits = [new("client", 4)] });
        await AllowsAsync(router, keys.Key, 4);
        await AllowsAsync(router, other, 1);
    }

    [Fact]
    public async Task Where_no_keys_are_in_use_the_limit_is_that_of_each_address()
    {
        await using var router = await RouterHost.StartAsync();
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => router.Client.GetAsync(Models))), r => Assert.Equal(200, (int)r.StatusCode));
        router.Node.Configuration = Configurations.Of(1, security: new() { RateLimit = 2 });
        await AllowsAsync(router, null, 2);
    }

    private static async Task AllowsAsync(RouterHost router, string? key, int requests)
    {
        for (var i = 0; i < requests; i++)
            Assert.Equal(200, (int)(await AskAsync(router, key)).StatusCode);
        using var refused = await AskAsync(router, key);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Contains($"{requests} requests per minute", (await RouterHost.ErrorAsync(refused, 429)).GetProperty("message").GetString());
    }

    private static Task<HttpResponseMessage> AskAsync(RouterHost router, string? key) => SendAsync(router, new(HttpMethod.Get, Models), key);

    private static Task<HttpResponseMessage> StreamAsync(RouterHost router, string key) => SendAsync(router, new(HttpMethod.Post, "/v1/chat/completions")
    {
        Content = new StringContent("""{"model":"mesh","stream":true,"max_tokens":200,"messages":[{"role":"user","content":"Tell me."}]}""", Encoding.UTF8, "application/json"),
    }, key);

    private static async Task<HttpResponseMessage> SendAsync(RouterHost router, HttpRequestMessage request, string? key)
    {
        using (request)
        {
            if (key is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            return await router.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }
    }
}
