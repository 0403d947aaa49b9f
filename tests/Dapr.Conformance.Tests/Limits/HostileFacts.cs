using System.Text;
using Dapr.Conformance.Tests.Hosting;

namespace Dapr.Conformance.Tests.Limits;

public abstract class HostileFacts(Site site) : SidecarTest(site)
{
    private const int Limit = 1 << 20;
    private const string Store = "/v1.0/state/statestore";

    public static readonly TheoryData<string> NoState = new()
    {
        "", "{", "[", "\"x\"", "{}", "[1]", "[[]]", "[{\"key\":5}]", "[{\"key\":\"k\",\"etag\":5}]", "[{\"key\":\"k\",\"metadata\":5}]", "[{\"key\":\"k\",\"metadata\":{\"a\":{}}}]",
        "[{\"key\":\"k\",\"value\":tru}]", "[{\"key\":\"k\",\"value\":1},]", "[{\"value\":1}]", "\u0000", new string('[', 100_000), "[{\"key\":\"k\",\"value\":" + new string('[', 20_000) + new string(']', 20_000) + "}]",
    };

    [SkippableTheory, MemberData(nameof(NoState))]
    public async Task What_is_no_state_is_refused(string body) => (await Http.PostAsync(Store, body)).IsError(400, "ERR_MALFORMED_REQUEST");

    [SkippableTheory, InlineData(""), InlineData("{"), InlineData("[]"), InlineData("{\"keys\":5}"), InlineData("{\"keys\":[5]}")]
    public async Task What_is_no_list_of_keys_is_refused(string body) => (await Http.PostAsync($"{Store}/bulk", body)).IsError(400, "ERR_MALFORMED_REQUEST", "failed deserializing HTTP body");

    [SkippableTheory, InlineData(""), InlineData("{"), InlineData("[]")]
    public async Task What_is_no_transaction_is_refused(string body) => (await Http.PostAsync($"{Store}/transaction", body)).IsError(400, "ERR_MALFORMED_REQUEST", "failed deserializing HTTP body");

    [SkippableFact]
    public async Task Bytes_that_are_no_text_do_no_harm()
    {
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            var body = new byte[random.Next(64)];
            random.NextBytes(body);
            Assert.InRange((await Http.SendAsync("POST", Store, body)).Status, 204, 499);
            Assert.InRange((await Http.SendAsync("PUT", "/v1.0/actors/Probe/x/reminders/y", body)).Status, 204, 499);
        }
        Assert.Equal(204, (await Http.GetAsync("/v1.0/healthz/outbound")).Status);
    }

    [SkippableFact]
    public async Task Halves_of_characters_do_no_harm()
    {
        foreach (var body in new[] { "[{\"key\":\"\\ud800\",\"value\":1}]", "[{\"key\":\"k\",\"value\":\"\\udfff\"}]", "[{\"\\ud800\":1,\"key\":\"k\"}]", "[{\"key\":\"k\",\"metadata\":{\"a\":\"\\ud800\"}}]" })
            Assert.InRange((await Http.PostAsync(Store, body)).Status, 204, 499);
        Assert.Equal(204, (await Http.GetAsync("/v1.0/healthz/outbound")).Status);
    }

    [SkippableFact]
    public async Task Bodies_up_to_the_limit_are_kept_and_beyond_are_refused()
    {
        byte[] Body(int length) => Encoding.UTF8.GetBytes($"[{{\"key\":\"big\",\"value\":\"{new string('x', length - 26)}\"}}]");
        Assert.Equal(204, (await Http.SendAsync("POST", Store, Body(Limit - 64))).Status);
        (await Http.SendAsync("POST", Store, Body(Limit + 64))).IsError(400, "ERR_MALFORMED_REQUEST", "stream too large");
        (await Http.SendAsync("POST", $"{Store}/transaction", Body(Limit + 64))).IsError(400, "ERR_MALFORMED_REQUEST", "stream too large");
        (await Http.SendAsync("PUT", "/v1.0/actors/Probe/x/state", Body(Limit + 64))).IsError(400, "ERR_MALFORMED_REQUEST", "stream too large");
        (await Http.SendAsync("PUT", "/v1.0/actors/Probe/x/reminders/r", Body(Limit + 64))).IsError(400, "ERR_MALFORMED_REQUEST", "stream too large");
        (await Http.SendAsync("POST", "/v1.0/actors/Probe/x/method/Echo", Body(Limit + 64))).IsError(400, "ERR_BAD_REQUEST", "failed to read body: stream too large");
        Assert.Equal(Limit - 64 - 26 + 2, (await Http.GetAsync($"{Store}/big")).Body.Length);
    }

    [SkippableFact]
    public async Task A_message_over_the_limit_is_refused_over_grpc_too()
    {
        await Site.Client.SaveStateAsync("statestore", "big-grpc", new string('x', Limit - 2048));
        await Assert.ThrowsAsync<DaprException>(() => Site.Client.SaveStateAsync("statestore", "big-grpc", new string('x', Limit + 2048)));
        Assert.Equal(Limit - 2048, (await Site.Client.GetStateAsync<string>("statestore", "big-grpc")).Length);
    }

    [SkippableFact]
    public async Task Callers_that_stop_halfway_do_no_harm()
    {
        var port = new Uri(Site.Sidecars.Http(Site.AlphaIndex)).Port;
        for (var i = 0; i < 20; i++)
        {
            using var half = new System.Net.Sockets.TcpClient("127.0.0.1", port);
            await half.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST {Store} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n[{{\"key\":"));
        }
        Assert.Equal(204, (await Http.PostAsync(Store, "[]")).Status);
    }
}

[Collection(EmbeddedSite.Name)]
public sealed class HostileFactsOnEmbedded(EmbeddedSite site) : HostileFacts(site);

[Collection(DaprdSite.Name)]
public sealed class HostileFactsOnDaprd(DaprdSite site) : HostileFacts(site);
