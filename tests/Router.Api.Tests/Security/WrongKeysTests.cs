using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Router.Api.Hosting;
using Router.Api.Security;

namespace Router.Api.Tests.Security;

public sealed class WrongKeysTests
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.1"), There = IPAddress.Parse("192.0.2.2");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));

    [Fact]
    public async Task Whoever_guesses_keys_waits_and_the_right_key_does_not()
    {
        using var keys = new TemporaryKeys();
        await using var router = await RouterHost.StartAsync(settings: [$"--Mesh:ApiKeysFile={keys.File}", "--Mesh:Router:WrongKeysPerMinute=3"]);
        for (var i = 0; i < 3; i++)
            Assert.Equal(401, (await AskAsync($"sk-mesh-guess-{i}", "/v1/models")).Status);
        var (status, wait) = await AskAsync("sk-mesh-guess-4", "/v1/models");
        Assert.Equal(429, status);
        Assert.InRange(wait!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        // Whoever shares the address and has a key is in no guesser's hands.
        Assert.NotEqual(429, (await AskAsync(keys.Key, "/v1/models")).Status);
        Assert.NotEqual(429, (await AskAsync(keys.Key, "/governance/halt")).Status);
        Assert.True((await router.Client.GetAsync("/alive")).IsSuccessStatusCode);

        async Task<(int Status, TimeSpan? Wait)> AskAsync(string key, string path)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
            using var answer = await router.Client.SendAsync(request);
            return ((int)answer.StatusCode, answer.Headers.RetryAfter?.Delta);
        }
    }

    [Fact]
    public void An_address_waits_until_its_minute_is_over_and_no_other_does()
    {
        var wrong = Make(2);
        wrong.OnWrong(Here);
        Assert.Null(wrong.WaitOf(Here));
        _time.Advance(TimeSpan.FromSeconds(20));
        wrong.OnWrong(Here.MapToIPv6());
        Assert.Equal(TimeSpan.FromSeconds(40), wrong.WaitOf(Here));
        Assert.Null(wrong.WaitOf(There));
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Null(wrong.WaitOf(Here));
        wrong.OnWrong(Here);
        Assert.Null(wrong.WaitOf(Here));   // a new minute counts anew
    }

    [Fact]
    public void A_network_of_IPv6_is_one_caller()
    {
        var wrong = Make(2);
        wrong.OnWrong(IPAddress.Parse("2001:db8::1"));
        wrong.OnWrong(IPAddress.Parse("2001:db8::2"));
        Assert.NotNull(wrong.WaitOf(IPAddress.Parse("2001:db8::3")));
        Assert.Null(wrong.WaitOf(IPAddress.Parse("2001:db8:0:1::3")));
    }

    [Fact]
    public void Many_addresses_are_bounded_and_zero_is_no_limit()
    {
        var wrong = Make(1);
        for (var i = 0; i < 30_000; i++)
            wrong.OnWrong(new IPAddress((long)i + 1));
        Assert.NotNull(wrong.WaitOf(new IPAddress(30_000L)));
        Assert.Null(wrong.WaitOf(new IPAddress(1L)));
        var unlimited = Make(0);
        unlimited.OnWrong(null);
        Assert.Null(unlimited.WaitOf(null));
    }

    private WrongKeys Make(int most) => new(Options.Create(new RouterOptions { WrongKeysPerMinute = most }), _time);
}
