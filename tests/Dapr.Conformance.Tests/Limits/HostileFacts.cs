using System.Text;
using Dapr.Conformance.Tests.Hosting;
using Grpc.Core;

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
    public async Task Actor_calls_and_events_pass_up_to_the_limit_and_not_beyond()
    {
        var id = NewId();
        var text = id + new string('x', Limit - 4096);
        var echoed = await Http.PostAsync("/v1.0/actors/Probe/big/method/Echo", $"\"{text}\"");
        Assert.Equal((200, text.Length + 2), (echoed.Status, echoed.Body.Length));

        Assert.Equal(204, (await Http.PostAsync("/v1.0/publish/pubsub/plain", $"\"{text}\"")).Status);
        await Site.Client.PublishEventAsync("pubsub", "plain", text);
        await Eventually.HoldsAsync(() => Site.Alpha.Journal.Of("plain ").Count(l => l.Contains(id, StringComparison.Ordinal) && l.Length > text.Length) == 2, "both big events arrive");
        (await Http.PostAsync("/v1.0/publish/pubsub/plain", $"\"{text}{text}\"")).IsError(500, "ERR_PUBSUB_PUBLISH_MESSAGE", "stream too large");
        var fault = await Assert.ThrowsAsync<DaprException>(() => Site.Client.PublishEventAsync("pubsub", "plain", text + text));
        Assert.Equal(StatusCode.ResourceExhausted, Assert.IsType<RpcException>(fault.InnerException).StatusCode);
    }

    [SkippableFact]
    public async Task Frames_of_noise_over_grpc_are_refused()
    {
        string[] calls = ["GetState", "GetBulkState", "SaveState", "DeleteState", "ExecuteStateTransaction", "PublishEvent", "BulkPublishEventAlpha1", "InvokeActor", "RegisterActorReminder", "SetMetadata"];
        using var http = new HttpClient { BaseAddress = new(Site.Sidecars.Grpc(Site.AlphaIndex)), Timeout = TimeSpan.FromSeconds(10) };
        var random = new Random(13);
        for (var n = 0; n < 200; n++)
            await Noise.SendAsync(http, $"/dapr.proto.runtime.v1.Dapr/{calls[n % calls.Length]}", random);
        // And bytes that are no HTTP at all.
        var port = new Uri(Site.Sidecars.Grpc(Site.AlphaIndex)).Port;
        for (var n = 0; n < 20; n++)
        {
            var bytes = new byte[random.Next(1, 500)];
            random.NextBytes(bytes);
            using var caller = new System.Net.Sockets.TcpClient("127.0.0.1", port);
            await caller.GetStream().WriteAsync(bytes);
        }
        await Site.Client.SaveStateAsync("statestore", "after-noise", 1);
        Assert.Equal(1, await Site.Client.GetStateAsync<int>("statestore", "after-noise"));
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
