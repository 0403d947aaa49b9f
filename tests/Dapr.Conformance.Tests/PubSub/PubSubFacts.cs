using System.Text.Json;
using Dapr.Client;
using Dapr.Conformance.Tests.Apps;
using Dapr.Conformance.Tests.Hosting;
using Grpc.Core;

namespace Dapr.Conformance.Tests.PubSub;

public abstract class PubSubFacts(Site site) : SidecarTest(site)
{
    private const string Publish = "/v1.0/publish/pubsub";
    private readonly string _id = NewId();
    private static readonly (string, string) Envelope = ("Content-Type", "application/cloudevents+json");

    private async Task PublishAsync(string topic, string body, params (string, string)[] headers)
    {
        var reply = await Http.PostAsync($"{Publish}/{topic}", body, headers);
        Assert.True(reply.Status == 204 && reply.Body == "", $"{reply.Status} {reply.Body}");
    }

    /// <summary>The events of this test that a route got, once there are so many.</summary>
    private async Task<JsonElement[]> GotAsync(string route, int count = 1)
    {
        await Eventually.HoldsAsync(() => Mine(route).Length >= count, $"{route} got {count} events");
        return [.. Mine(route).Select(b => JsonDocument.Parse(b).RootElement)];
    }

    private string[] Mine(string route) => [.. Site.Alpha.Journal.Of(route + " ").Where(l => l.Contains(_id, StringComparison.Ordinal))];

    [SkippableFact]
    public async Task An_event_arrives_in_an_envelope()
    {
        await PublishAsync("plain", $$"""{"id":"{{_id}}"}""");
        var e = (await GotAsync("plain"))[0];
        Assert.Equal(_id, e.GetProperty("data").GetProperty("id").GetString());
        Assert.Equal(("1.0", "com.dapr.event.sent", "alpha", "plain", "pubsub", "application/json"),
            (Text("specversion"), Text("type"), Text("source"), Text("topic"), Text("pubsubname"), Text("datacontenttype")));
        Assert.True(Guid.TryParse(Text("id"), out _));
        Assert.InRange(DateTimeOffset.Parse(Text("time"), System.Globalization.CultureInfo.InvariantCulture), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.NotEmpty(Text("traceparent"));
        string Text(string name) => e.GetProperty(name).GetString()!;
    }

    [SkippableTheory, InlineData("text/plain"), InlineData("application/xml"), InlineData("")]
    public async Task Text_stays_text(string type)
    {
        await PublishAsync("plain", $"<{_id}>", ("Content-Type", type));
        var e = (await GotAsync("plain"))[0];
        Assert.Equal($"<{_id}>", e.GetProperty("data").GetString());
        Assert.Equal(type.Length > 0 ? type : "text/plain", e.GetProperty("datacontenttype").GetString());
    }

    [SkippableFact]
    public async Task Octets_arrive_in_base64()
    {
        var body = $"{_id}";
        await PublishAsync($"plain?metadata.cloudevent.id={_id}", body, ("Content-Type", "application/octet-stream"));
        Assert.Equal(body, System.Text.Encoding.UTF8.GetString((await GotAsync("plain"))[0].GetProperty("data_base64").GetBytesFromBase64()));
    }

    [SkippableFact]
    public async Task What_claims_to_be_json_and_is_not_arrives_as_text()
    {
        await PublishAsync("plain", "{" + _id);
        Assert.Equal("{" + _id, (await GotAsync("plain"))[0].GetProperty("data").GetString());
    }

    [SkippableFact]
    public async Task An_envelope_of_the_publisher_is_kept()
    {
        await PublishAsync("plain", $$"""{"specversion":"1.0","id":"{{_id}}","source":"me","type":"mine","data":{"z":1},"datacontenttype":"application/json","extra":"e"}""", Envelope);
        var e = (await GotAsync("plain"))[0];
        Assert.Equal((_id, "me", "mine", "e", "plain"), (e.GetProperty("id").GetString(), e.GetProperty("source").GetString(), e.GetProperty("type").GetString(), e.GetProperty("extra").GetString(), e.GetProperty("topic").GetString()));
        (await Http.PostAsync($"{Publish}/plain", "{", Envelope)).IsError(500, "ERR_PUBSUB_CLOUD_EVENTS_SER", "cannot create cloudevent");
        (await Http.PostAsync($"{Publish}/plain", "[1]", Envelope)).IsError(500, "ERR_PUBSUB_CLOUD_EVENTS_SER");
    }

    [SkippableFact]
    public async Task Metadata_sets_fields_of_the_envelope()
    {
        await PublishAsync($"plain?metadata.cloudevent.type=special&metadata.cloudevent.source=src&metadata.ttlInSeconds=60", $"\"{_id}\"");
        var e = (await GotAsync("plain"))[0];
        Assert.Equal(("special", "src"), (e.GetProperty("type").GetString(), e.GetProperty("source").GetString()));
        Assert.True(e.TryGetProperty("expiration", out _));
    }

    [SkippableFact]
    public async Task Raw_payloads_pass_without_an_envelope()
    {
        await PublishAsync("plain?metadata.rawPayload=true", $$"""{"raw":"{{_id}}"}""");
        Assert.Equal($$"""{"raw":"{{_id}}"}""", (await GotAsync("plain"))[0].GetRawText());
        await PublishAsync("raw?metadata.rawPayload=true", _id);
        await Eventually.HoldsAsync(() => Site.Alpha.Journal.Of("raw ").Any(l => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(_id)) is var text && l.Contains(text)), "the raw subscription got it");
    }

    [SkippableTheory, InlineData("plain"), InlineData("empty"), InlineData("success"), InlineData("text-answer"), InlineData("drop"), InlineData("unknown")]
    public async Task Taken_and_dropped_events_come_once(string topic)
    {
        await PublishAsync(topic, $"\"{_id}\"");
        await GotAsync(topic);
        await PublishAsync("plain", $"\"{_id} after\"");
        await GotAsync("plain");
        await Task.Delay(250);
        Assert.Equal(topic == "plain" ? 2 : 1, Mine(topic).Length);
    }

    [SkippableTheory, InlineData("retry"), InlineData("odd-status"), InlineData("broken")]
    public async Task A_refused_event_without_a_dead_letter_topic_comes_ten_times(string topic)
    {
        Skip.If(IsRedisBroker, "Redis brings it again for ever, a minute apart.");
        await PublishAsync(topic, $"\"{_id}\"");
        await GotAsync(topic, 10);
        await Task.Delay(250);
        Assert.Equal(10, Mine(topic).Length);
    }

    [SkippableFact]
    public async Task A_refused_event_that_is_taken_later_comes_no_more()
    {
        Skip.If(IsRedisBroker, "Redis brings it again a minute later.");
        await PublishAsync("flaky", $"\"{_id}\"");
        await GotAsync("flaky", 3);
        await Task.Delay(250);
        Assert.Equal(3, Mine("flaky").Length);
    }

    [SkippableTheory, InlineData("drop", "dead-drop"), InlineData("retry-dead", "dead-retry"), InlineData("broken-dead", "dead-broken")]
    public async Task A_refused_event_goes_to_its_dead_letter_topic(string topic, string letters)
    {
        await PublishAsync(topic, $"\"{_id}\"");
        Assert.Equal(topic, (await GotAsync(letters))[0].GetProperty("topic").GetString());
        Assert.Single(Mine(topic));
    }

    [SkippableFact]
    public async Task Rules_choose_the_route()
    {
        string Event(string type, string kind) => $$$"""{"specversion":"1.0","id":"{{{NewId()}}}","source":"me","type":"{{{type}}}","data":{"kind":"{{{kind}}}","of":"{{{_id}}}"}}""";
        await PublishAsync("ruled", Event("x", "small"), Envelope);
        await PublishAsync("ruled", Event("y", "big"), Envelope);
        await PublishAsync("ruled", Event("y", "small"), Envelope);
        Assert.Equal("x", (await GotAsync("ruled-x"))[0].GetProperty("type").GetString());
        Assert.Equal("big", (await GotAsync("ruled-big"))[0].GetProperty("data").GetProperty("kind").GetString());
        Assert.Equal("small", (await GotAsync("ruled"))[0].GetProperty("data").GetProperty("kind").GetString());
    }

    [SkippableFact]
    public async Task Unknown_components_and_closed_topics_are_refused()
    {
        (await Http.PostAsync("/v1.0/publish/nobody/t", "{}")).IsError(404, "ERR_PUBSUB_NOT_FOUND", "pubsub nobody is not found");
        (await Http.PostAsync("/v1.0/publish/pubsub/secret", "{}")).IsError(403, "ERR_PUBSUB_FORBIDDEN", "topic secret is not allowed for app id alpha");
        (await Http.PostAsync("/v1.0/publish/pubsub", "{}")).IsError(404, "ERR_DIRECT_INVOKE");
        Assert.Equal(204, (await Http.PostAsync($"{Publish}/nobody-listens/a/b", "{}")).Status);
    }

    [SkippableFact]
    public async Task Too_big_an_event_is_refused() =>
        (await Http.SendAsync("POST", $"{Publish}/plain", new byte[(1 << 20) + 4096])).IsError(500, "ERR_PUBSUB_PUBLISH_MESSAGE", "error when publishing to topic plain in pubsub pubsub: stream too large");

    [SkippableFact]
    public async Task The_official_client_publishes_to_a_typed_handler()
    {
        await Site.Client.PublishEventAsync("pubsub", "order", new Order(_id, 3));
        Assert.Equal($"{_id} 3", (await Site.Alpha.Journal.WaitAsync($"order {_id}"))[0] is var rest ? _id + rest : "");
        await Site.Client.BulkPublishEventAsync("pubsub", "order", new[] { new Order(_id, 4), new Order(_id, 5) });
        Assert.Equal([" 3", " 4", " 5"], (await Site.Alpha.Journal.WaitAsync($"order {_id}", 3)).Order());
    }

    [SkippableTheory, InlineData("nobody", "t", StatusCode.InvalidArgument), InlineData("pubsub", "secret", StatusCode.PermissionDenied)]
    public async Task Faults_of_the_client_carry_their_status(string pubSub, string topic, StatusCode code)
    {
        var fault = await Assert.ThrowsAsync<DaprException>(() => Site.Client.PublishEventAsync(pubSub, topic, 1));
        Assert.Equal(code, Assert.IsType<RpcException>(fault.InnerException).StatusCode);
    }
}

[Collection(EmbeddedSite.Name)]
public sealed class PubSubFactsOnEmbedded(EmbeddedSite site) : PubSubFacts(site);

[Collection(DaprdSite.Name)]
public sealed class PubSubFactsOnDaprd(DaprdSite site) : PubSubFacts(site);
