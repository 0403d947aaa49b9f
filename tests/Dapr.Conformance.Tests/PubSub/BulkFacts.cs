using System.Text;
using System.Text.Json;
using Dapr.Conformance.Tests.Hosting;
using Dapr.Sidecar.Grpc.Messages;
using Google.Protobuf;
using Grpc.Core;

namespace Dapr.Conformance.Tests.PubSub;

/// <summary>Many events in one request, to the sidecar and from it.</summary>
public abstract class BulkFacts(Site site) : SidecarTest(site)
{
    private const string Publish = "/v1.0-alpha1/publish/bulk/pubsub";
    private readonly string _id = NewId();

    private string Entry(int id, string? say = "SUCCESS") =>
        $$$"""{"entryId":"{{{id}}}","contentType":"application/json","event":{"of":"{{{_id}}}","n":{{{id}}}{{{(say is null ? "" : $",\"say\":\"{say}\"")}}}}}""";

    private async Task PublishAsync(string topic, params string[] entries)
    {
        var reply = await Http.PostAsync($"{Publish}/{topic}", $"[{string.Join(",", entries)}]");
        Assert.True(reply.Status == 204 && reply.Body == "", $"{reply.Status} {reply.Body}");
    }

    /// <summary>The requests of this test that a topic's route got.</summary>
    private JsonElement[] Requests(string topic) =>
        [.. Site.Alpha.Journal.Of(topic + " ").Where(l => l.Contains(_id, StringComparison.Ordinal)).Select(l => JsonDocument.Parse(l).RootElement)];

    private JsonElement[] Entries(string topic) => [.. Requests(topic).SelectMany(r => r.GetProperty("entries").EnumerateArray())];

    private async Task<JsonElement[]> GotAsync(string topic, int count)
    {
        await Eventually.HoldsAsync(() => Entries(topic).Length >= count, $"{topic} got {count} entries (it got {Entries(topic).Length})");
        return Entries(topic);
    }

    private static int N(JsonElement entry) => entry.GetProperty("event").GetProperty("data").GetProperty("n").GetInt32();

    [SkippableFact]
    public async Task Events_come_together_in_an_envelope_and_no_more_than_asked_for()
    {
        await PublishAsync("bulk", [.. Enumerable.Range(1, 12).Select(n => Entry(n))]);
        var entries = await GotAsync("bulk", 12);
        Assert.Equal(Enumerable.Range(1, 12), entries.Select(N).Order());
        Assert.Equal(12, entries.Select(e => e.GetProperty("entryId").GetString()).Distinct().Count());
        Assert.All(Requests("bulk"), r => Assert.InRange(r.GetProperty("entries").GetArrayLength(), 1, 5));
        if (!IsDaprd || IsRedisBroker) // daprd's in-memory broker hands on the next only when the one before is taken
            Assert.Contains(Requests("bulk"), r => r.GetProperty("entries").GetArrayLength() > 1);
        var request = Requests("bulk")[0];
        Assert.Equal(("com.dapr.event.sent.bulk", "bulk", "pubsub", "pubsub"), (Text(request, "type"), Text(request, "topic"), Text(request, "pubsubname"), Text(request.GetProperty("metadata"), "pubsubName")));
        Assert.NotEmpty(Text(request, "id"));
        Assert.Equal("application/cloudevents+json", Text(entries[0], "contentType"));
        Assert.Equal(("alpha", "bulk", "application/json"), (Text(entries[0].GetProperty("event"), "source"), Text(entries[0].GetProperty("event"), "topic"), Text(entries[0].GetProperty("event"), "datacontenttype")));
        static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
    }

    /// <summary>Found by npm's client, which writes entryID.</summary>
    [SkippableFact]
    public async Task Names_are_read_in_any_case()
    {
        await PublishAsync("bulk", Entry(1).Replace("entryId", "entryID").Replace("contentType", "CONTENTTYPE").Replace("\"event\"", "\"Event\""));
        Assert.Equal([1], (await GotAsync("bulk", 1)).Select(N));
    }

    [SkippableFact]
    public async Task Each_entry_has_a_status_of_its_own()
    {
        Skip.If(IsRedisBroker, "Redis brings them again for ever, a minute apart.");
        await PublishAsync("bulk", Entry(1), Entry(2, "DROP"), Entry(3, "RETRY"), Entry(4, "whatever"), Entry(5, null));
        await GotAsync("bulk", 32);
        await PublishAsync("plain", Entry(0));
        await Eventually.HoldsAsync(() => Site.Alpha.Journal.Of("plain ").Any(l => l.Contains(_id, StringComparison.Ordinal)), "what came later is there");
        Assert.Equal([1, 1, 10, 10, 10], Enumerable.Range(1, 5).Select(n => Entries("bulk").Count(e => N(e) == n)));
    }

    [SkippableFact]
    public async Task Refused_entries_alone_go_to_the_dead_letter_topic()
    {
        await PublishAsync("bulk-dead", Entry(1), Entry(2, "DROP"), Entry(3, "RETRY"), Entry(4, null));
        await Eventually.HoldsAsync(() => Letters().Length >= 3, "three letters came");
        Assert.Equal([2, 3, 4], Letters().Select(l => l.GetProperty("data").GetProperty("n").GetInt32()).Order());
        // The one that was taken may come in a bulk of its own, after the letters.
        Assert.Equal(4, (await GotAsync("bulk-dead", 4)).Length);
        JsonElement[] Letters() => Requests("dead-bulk");
    }

    [SkippableTheory, InlineData("bulk-broken"), InlineData("bulk-text")]
    public async Task What_fails_as_a_whole_comes_ten_times(string topic)
    {
        Skip.If(IsRedisBroker, "Redis brings it again for ever, a minute apart.");
        await PublishAsync(topic, Entry(1), Entry(2));
        Assert.Equal([10, 10], (await GotAsync(topic, 20)).CountBy(N).Select(c => c.Value));
    }

    [SkippableFact]
    public async Task Where_nobody_is_events_are_lost()
    {
        await PublishAsync("bulk-unknown", Entry(1));
        await GotAsync("bulk-unknown", 1);
        await PublishAsync("bulk-unknown", Entry(2));
        Assert.Equal([1, 2], (await GotAsync("bulk-unknown", 2)).Select(N));
    }

    [SkippableFact]
    public async Task Raw_payloads_come_in_base64()
    {
        var expected = Convert.ToBase64String(Encoding.UTF8.GetBytes(_id));
        await PublishAsync("bulk-raw?metadata.rawPayload=true", $$"""{"entryId":"1","contentType":"text/plain","event":"{{_id}}"}""");
        await Eventually.HoldsAsync(() => Site.Alpha.Journal.Of("bulk-raw ").Any(l => l.Contains(expected, StringComparison.Ordinal)), "the raw entry came");
        var entry = JsonDocument.Parse(Site.Alpha.Journal.Of("bulk-raw ").Single(l => l.Contains(expected, StringComparison.Ordinal))).RootElement.GetProperty("entries")[0];
        Assert.Equal((expected, "application/octet-stream"), (entry.GetProperty("event").GetString(), entry.GetProperty("contentType").GetString()));
    }

    [SkippableFact]
    public async Task Entries_have_content_types_and_metadata_of_their_own()
    {
        await PublishAsync("plain?metadata.cloudevent.type=common",
            $$$"""{"entryId":"1","contentType":"text/plain","event":"text {{{_id}}}","metadata":{"cloudevent.source":"{{{_id}}}"}}""",
            $$$"""{"entryId":"2","contentType":"application/octet-stream","event":"AAEC","metadata":{"cloudevent.id":"{{{_id}}}","cloudevent.type":"own"}}""",
            $$$"""{"entryId":"3","contentType":"application/json","event":["{{{_id}}}"]}""");
        await Eventually.HoldsAsync(() => Requests("plain").Length >= 3, "three events came");
        var events = Requests("plain").OrderBy(e => e.GetProperty("datacontenttype").GetString()).ToArray();
        Assert.Equal(["application/json", "application/octet-stream", "text/plain"], events.Select(e => e.GetProperty("datacontenttype").GetString()));
        Assert.Equal(["com.dapr.event.sent", "own", "common"], events.Select(e => e.GetProperty("type").GetString()));
        Assert.Equal("AAEC", events[1].GetProperty("data_base64").GetString());
        Assert.Equal($"text {_id}", events[2].GetProperty("data").GetString());
    }

    [SkippableFact]
    public async Task What_is_no_list_of_entries_is_refused()
    {
        const string events = "ERR_PUBSUB_EVENTS_SER", ids = "error marshaling events to bytes for topic plain pubsub pubsub. error: entryId is duplicated or not present for entry";
        (await Http.PostAsync($"{Publish}/plain", $"[{Entry(1)},{Entry(1)}]")).IsError(400, events, ids);
        (await Http.PostAsync($"{Publish}/plain", """[{"contentType":"application/json","event":1}]""")).IsError(400, events, ids);
        foreach (var body in new[] { "{", "{}", "7", "[7]", """[{"entryId":7}]""" })
            (await Http.PostAsync($"{Publish}/plain", body)).IsError(400, events, "error when unmarshaling the request for topic plain pubsub pubsub");
        foreach (var (type, json) in new[] { ("text/plain", "{}"), ("application/octet-stream", "\"?\""), ("", "\"x\""), ("image/png", "\"x\"") })
            (await Http.PostAsync($"{Publish}/plain", $$"""[{"entryId":"1","contentType":"{{type}}","event":{{json}} }]""")).IsError(400, events, "error when marshalling cloud event envelope for topic plain pubsub pubsub");
        (await Http.PostAsync("/v1.0-alpha1/publish/bulk/nobody/t", "[")).IsError(404, "ERR_PUBSUB_NOT_FOUND", "pubsub nobody is not found");
        (await Http.PostAsync($"{Publish}/secret", $"[{Entry(1)}]")).IsError(403, "ERR_PUBSUB_FORBIDDEN", "topic secret is not allowed for app id alpha");
        Assert.Equal(204, (await Http.PostAsync($"{Publish}/plain", "[]")).Status);
    }

    [SkippableFact]
    public async Task Over_grpc_entries_are_published_and_checked_too()
    {
        var request = new BulkPublishRequest { PubsubName = "pubsub", Topic = "bulk" };
        foreach (var n in new[] { 1, 2 })
            request.Entries.Add(new BulkPublishRequestEntry { EntryId = $"{n}", ContentType = "application/json", Event = ByteString.CopyFromUtf8($$"""{"of":"{{_id}}","n":{{n}},"say":"SUCCESS"}""") });
        Assert.Empty((await Site.CallAsync("BulkPublishEventAlpha1", request, BulkPublishResponse.Parser)).Message.FailedEntries);
        Assert.Equal([1, 2], (await GotAsync("bulk", 2)).Select(N).Order());
        await FailsAsync(StatusCode.PermissionDenied, r => r.Topic = "secret");
        await FailsAsync(StatusCode.InvalidArgument, r => r.PubsubName = "nobody");
        await FailsAsync(StatusCode.InvalidArgument, r => r.Topic = "");
        await FailsAsync(StatusCode.InvalidArgument, r => r.Entries[0].EntryId = "2");
        await FailsAsync(StatusCode.InvalidArgument, r => r.Entries[0].EntryId = "");

        async Task FailsAsync(StatusCode code, Action<BulkPublishRequest> change)
        {
            var wrong = request.Clone();
            change(wrong);
            Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(() => Site.CallAsync("BulkPublishEventAlpha1", wrong, BulkPublishResponse.Parser))).StatusCode);
        }
    }
}

[Collection(EmbeddedSite.Name)]
public sealed class BulkFactsOnEmbedded(EmbeddedSite site) : BulkFacts(site);

[Collection(DaprdSite.Name)]
public sealed class BulkFactsOnDaprd(DaprdSite site) : BulkFacts(site);
