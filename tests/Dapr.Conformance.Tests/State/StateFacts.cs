using Dapr.Conformance.Tests.Hosting;

namespace Dapr.Conformance.Tests.State;

public abstract class StateFacts(Site site) : SidecarTest(site)
{
    private string NoSuchVersion => IsRedis ? "99999" : "4f4d1f5e-0000-4000-8000-000000000000";
    private const string NoEndShown = "daprd's redis store does not say when a value ends.";
    private const string Store = "/v1.0/state/statestore";

    private async Task<string> SaveAsync(string? key = null, string value = "1")
    {
        key ??= NewId();
        Assert.Equal(204, (await Http.PostAsync(Store, $$"""[{"key":"{{key}}","value":{{value}}}]""")).Status);
        return key;
    }

    private async Task<string> ETagAsync(string key) => (await Http.GetAsync($"{Store}/{key}")).Headers["ETag"];

    [SkippableTheory, InlineData("{\"x\":[1,null,true]}"), InlineData("\"text\""), InlineData("null"), InlineData("12.5"), InlineData("[]")]
    public async Task A_value_comes_back_with_its_version(string value)
    {
        var reply = await Http.GetAsync($"{Store}/{await SaveAsync(value: value)}");
        Assert.Equal((200, value, "application/json"), (reply.Status, reply.Body, reply.ContentType));
        Assert.True(reply.Headers["ETag"].Length > 0);
    }

    [SkippableFact]
    public async Task A_missing_key_is_no_content()
    {
        var reply = await Http.GetAsync($"{Store}/{NewId()}");
        Assert.Equal((204, ""), (reply.Status, reply.Body));
        Assert.False(reply.Headers.ContainsKey("ETag"));
    }

    [SkippableFact]
    public async Task A_deleted_key_is_gone_and_deleting_again_is_no_error()
    {
        var key = await SaveAsync();
        Assert.Equal(204, (await Http.DeleteAsync($"{Store}/{key}")).Status);
        Assert.Equal(204, (await Http.GetAsync($"{Store}/{key}")).Status);
        Assert.Equal(204, (await Http.DeleteAsync($"{Store}/{key}")).Status);
    }

    [SkippableFact]
    public async Task Keys_may_hold_slashes_spaces_and_signs()
    {
        var key = $"a/b c?#%25&+ä-{NewId()}";
        Assert.Equal(204, (await Http.PostAsync(Store, System.Text.Json.JsonSerializer.Serialize(new[] { new { key, value = 7 } }))).Status);
        Assert.Equal("7", (await Http.GetAsync($"{Store}/{Uri.EscapeDataString(key)}")).Body);
        Assert.Equal(204, (await Http.DeleteAsync($"{Store}/{Uri.EscapeDataString(key)}")).Status);
        Assert.Equal(204, (await Http.GetAsync($"{Store}/{Uri.EscapeDataString(key)}")).Status);
    }

    [SkippableFact]
    public async Task A_write_with_the_right_version_replaces_it()
    {
        var key = await SaveAsync();
        var etag = await ETagAsync(key);
        Assert.Equal(204, (await Http.PostAsync(Store, $$"""[{"key":"{{key}}","value":2,"etag":"{{etag}}"}]""")).Status);
        Assert.NotEqual(etag, await ETagAsync(key));
        Assert.Equal("2", (await Http.GetAsync($"{Store}/{key}")).Body);
    }

    [SkippableTheory, InlineData("another"), InlineData("bogus")]
    public async Task A_write_with_another_version_is_a_conflict(string etag)
    {
        Skip.If(IsRedis && etag == "bogus", "Versions of redis are numbers: anything else is malformed, 400.");
        etag = etag == "another" ? NoSuchVersion : etag;
        var key = await SaveAsync();
        (await Http.PostAsync(Store, $$"""[{"key":"{{key}}","value":2,"etag":"{{etag}}"}]""")).IsError(409, "ERR_STATE_SAVE", "failed saving state in state store statestore: possible etag mismatch");
        (await Http.DeleteAsync($"{Store}/{key}", ("If-Match", etag))).IsError(409, "ERR_STATE_DELETE", $"failed deleting state with key {key}: possible etag mismatch");
        Assert.Equal("1", (await Http.GetAsync($"{Store}/{key}")).Body);
        Assert.Equal(204, (await Http.DeleteAsync($"{Store}/{key}", ("If-Match", await ETagAsync(key)))).Status);
    }

    [SkippableFact]
    public async Task First_write_without_a_version_creates_only()
    {
        var key = NewId();
        var body = $$$"""[{"key":"{{{key}}}","value":1,"options":{"concurrency":"first-write","consistency":"strong"}}]""";
        Assert.Equal(204, (await Http.PostAsync(Store, body)).Status);
        (await Http.PostAsync(Store, body)).IsError(IsRedis || IsPostgres ? 500 : 409, "ERR_STATE_SAVE");
        Skip.If(IsRedis, "daprd's redis store refuses last-write after first-write.");
        Assert.Equal(204, (await Http.PostAsync(Store, body.Replace("first-write", "last-write"))).Status);
        Assert.Equal(204, (await Http.PostAsync(Store, $$$"""[{"key":"{{{key}}}","value":1,"etag":"","options":{"consistency":"eventual"}}]""")).Status);
    }

    [SkippableTheory, InlineData("concurrency", "unrecognized concurrency model 'weird'"), InlineData("consistency", "unrecognized consistency model 'weird'")]
    public async Task Unknown_options_are_refused(string option, string message) =>
        (await Http.PostAsync(Store, $$$"""[{"key":"k","value":1,"options":{"{{{option}}}":"weird"}}]""")).IsError(500, "ERR_STATE_SAVE", message);

    [SkippableFact]
    public async Task Of_eight_writers_of_one_version_one_wins()
    {
        var key = await SaveAsync();
        var etag = await ETagAsync(key);
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Http.PostAsync(Store, $$"""[{"key":"{{key}}","value":{{n}},"etag":"{{etag}}"}]""")));
        Assert.Equal(1, replies.Count(r => r.Status == 204));
        Assert.Equal(7, replies.Count(r => r.Status == 409));
    }

    [SkippableFact]
    public async Task Bulk_reads_answer_in_the_order_of_the_keys()
    {
        var key = await SaveAsync(value: "{\"a\":1}");
        var reply = await Http.PostAsync($"{Store}/bulk", $$"""{"keys":["{{key}}","none-{{key}}"],"parallelism":4}""");
        Assert.Equal((200, "application/json"), (reply.Status, reply.ContentType));
        var items = reply.Json.EnumerateArray().OrderBy(i => i.GetProperty("key").GetString() != key).ToArray();
        Assert.Equal(1, items[0].GetProperty("data").GetProperty("a").GetInt32());
        Assert.Equal(await ETagAsync(key), items[0].GetProperty("etag").GetString());
        Assert.Equal($$"""{"key":"none-{{key}}"}""", items[1].GetRawText());
        Assert.Equal("[]", (await Http.PostAsync($"{Store}/bulk", "{}")).Body.Trim());
    }

    [SkippableFact]
    public async Task A_transaction_writes_all_or_nothing()
    {
        var (first, second) = (await SaveAsync(), await SaveAsync());
        var body = $$$"""{"operations":[{"operation":"delete","request":{"key":"{{{first}}}"}},{"operation":"upsert","request":{"key":"{{{second}}}","value":2ETAG}}],"metadata":{}}""";
        (await Http.PostAsync($"{Store}/transaction", body.Replace("ETAG", $",\"etag\":\"{NoSuchVersion}\""))).IsError(500, "ERR_STATE_TRANSACTION", IsRedis ? null : "possible etag mismatch");
        Skip.If(IsRedis, "daprd's redis store keeps the other writes of a transaction that meets a conflict.");
        Assert.Equal("1", (await Http.GetAsync($"{Store}/{first}")).Body);
        Assert.Equal(204, (await Http.PostAsync($"{Store}/transaction", body.Replace("ETAG", ""))).Status);
        Assert.Equal(204, (await Http.GetAsync($"{Store}/{first}")).Status);
        Assert.Equal("2", (await Http.GetAsync($"{Store}/{second}")).Body);
    }

    [SkippableFact]
    public async Task Transactions_refuse_what_they_do_not_know()
    {
        (await Http.PostAsync($"{Store}/transaction", """{"operations":[{"operation":"frob","request":{"key":"k"}}]}""")).IsError(400, "ERR_NOT_SUPPORTED_STATE_OPERATION", "operation type frob not supported");
        Assert.Equal(204, (await Http.PostAsync($"{Store}/transaction", """{"operations":[]}""")).Status);
        Assert.Equal(204, (await Http.PostAsync($"{Store}/transaction", "{}")).Status);
    }

    [SkippableFact]
    public async Task A_value_with_a_time_to_live_says_when_it_ends_and_ends()
    {
        var key = NewId();
        Assert.Equal(204, (await Http.PostAsync(Store, $$$"""[{"key":"{{{key}}}","value":1,"metadata":{"ttlInSeconds":"2"}}]""")).Status);
        Skip.If(IsRedis, NoEndShown);
        var reply = await Http.GetAsync($"{Store}/{key}");
        var end = DateTimeOffset.Parse(reply.Headers["metadata.ttlExpireTime"], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(end, DateTimeOffset.UtcNow.AddSeconds(-2), DateTimeOffset.UtcNow.AddSeconds(3));
        await Eventually.HoldsAsync(async () => (await Http.GetAsync($"{Store}/{key}")).Status == 204, "it has expired");
    }

    [SkippableFact]
    public async Task Times_to_live_of_zero_and_less_are_none_and_others_are_whole_numbers()
    {
        var key = NewId();
        string Body(string ttl) => $$$"""[{"key":"{{{key}}}","value":1,"metadata":{"ttlInSeconds":{{{ttl}}}}}]""";
        Assert.Equal(204, (await Http.PostAsync(Store, Body("\"-1\""))).Status);
        Assert.False((await Http.GetAsync($"{Store}/{key}")).Headers.ContainsKey("metadata.ttlExpireTime"));
        (await Http.PostAsync(Store, Body("\"x\""))).IsError(500, "ERR_STATE_SAVE", IsRedis ? null : "error parsing TTL: incorrect value for metadata 'ttlInSeconds'");
        (await Http.PostAsync(Store, Body("5"))).IsError(400, "ERR_MALFORMED_REQUEST");
        Assert.Equal(204, (await Http.PostAsync($"{Store}?metadata.ttlInSeconds=60", $$"""[{"key":"{{key}}","value":1}]""")).Status);
        Assert.True(IsRedis || (await Http.GetAsync($"{Store}/{key}")).Headers.ContainsKey("metadata.ttlExpireTime"));
    }

    [SkippableFact]
    public async Task Keys_belong_to_their_app_unless_the_store_says_otherwise()
    {
        var (key, beta) = (NewId(), Site.Raw(Site.Beta1Index));
        await SaveAsync(key);
        Assert.Equal(204, (await beta.GetAsync($"{Store}/{key}")).Status);
        Assert.Equal(204, (await Http.PostAsync("/v1.0/state/shared", $$"""[{"key":"{{key}}","value":5}]""")).Status);
        Assert.Equal("5", (await beta.GetAsync($"/v1.0/state/shared/{key}")).Body);
    }

    [SkippableTheory, InlineData("nobody"), InlineData("closed")]
    public async Task Stores_that_are_unknown_or_closed_to_the_app_are_not_found(string store)
    {
        var message = $"state store {store} is not found";
        (await Http.GetAsync($"/v1.0/state/{store}/k")).IsError(400, "ERR_STATE_STORE_NOT_FOUND", message);
        (await Http.PostAsync($"/v1.0/state/{store}", "[]")).IsError(400, "ERR_STATE_STORE_NOT_FOUND", message);
        (await Http.DeleteAsync($"/v1.0/state/{store}/k")).IsError(400, "ERR_STATE_STORE_NOT_FOUND", message);
        (await Http.PostAsync($"/v1.0/state/{store}/bulk", "{}")).IsError(400, "ERR_STATE_STORE_NOT_FOUND", message);
        (await Http.PostAsync($"/v1.0/state/{store}/transaction", "{}")).IsError(400, "ERR_STATE_STORE_NOT_FOUND", message);
    }

    [SkippableFact]
    public async Task Keys_hold_no_double_bar_and_are_not_empty()
    {
        const string message = "input key/keyPrefix 'a||b' can't contain '||'";
        (await Http.PostAsync(Store, """[{"key":"a||b","value":1}]""")).IsError(400, "ERR_MALFORMED_REQUEST", message);
        (await Http.GetAsync($"{Store}/a%7C%7Cb")).IsError(400, "ERR_MALFORMED_REQUEST", message);
        (await Http.DeleteAsync($"{Store}/a%7C%7Cb")).IsError(400, "ERR_MALFORMED_REQUEST", message);
        (await Http.PostAsync($"{Store}/bulk", """{"keys":["a||b"]}""")).IsError(400, "ERR_MALFORMED_REQUEST", message);
        (await Http.PostAsync(Store, """[{"key":"","value":1}]""")).IsError(400, "ERR_MALFORMED_REQUEST", "\"key\" is a required field");
        (await Http.PostAsync(Store, """[{"value":1}]""")).IsError(400, "ERR_MALFORMED_REQUEST", "\"key\" is a required field");
    }

    [SkippableFact]
    public async Task The_memory_store_does_the_same()
    {
        var key = NewId();
        Assert.Equal(204, (await Http.PostAsync("/v1.0/state/memory", $$"""[{"key":"{{key}}","value":1}]""")).Status);
        var reply = await Http.GetAsync($"/v1.0/state/memory/{key}");
        Assert.Equal("1", reply.Body);
        (await Http.PostAsync("/v1.0/state/memory", $$"""[{"key":"{{key}}","value":2,"etag":"{{NoSuchVersion}}"}]""")).IsError(409, "ERR_STATE_SAVE");
        Assert.Equal(204, (await Http.PostAsync("/v1.0/state/memory", $$"""[{"key":"{{key}}","value":2,"etag":"{{reply.Headers["ETag"]}}"}]""")).Status);
        Assert.Equal(204, (await Http.PostAsync("/v1.0/state/memory/transaction", $$$"""{"operations":[{"operation":"delete","request":{"key":"{{{key}}}"}}]}""")).Status);
        Assert.Equal(204, (await Http.GetAsync($"/v1.0/state/memory/{key}")).Status);
    }

    [SkippableFact]
    public async Task A_batch_with_a_conflict_writes_nothing()
    {
        Skip.If(IsDaprd, "daprd's sqlite store writes the items without a version, and says 409 all the same.");
        var (other, key) = (NewId(), await SaveAsync());
        (await Http.PostAsync(Store, $$"""[{"key":"{{other}}","value":1},{"key":"{{key}}","value":2,"etag":"{{NoSuchVersion}}"}]""")).IsError(409, "ERR_STATE_SAVE");
        Assert.Equal(204, (await Http.GetAsync($"{Store}/{other}")).Status);
    }

    [SkippableFact]
    public async Task Big_whole_numbers_keep_their_digits()
    {
        Skip.If(IsDaprd, "daprd's HTTP API reads numbers as doubles: above 2^53 they lose digits.");
        Assert.Equal("9007199254740993", (await Http.GetAsync($"{Store}/{await SaveAsync(value: "9007199254740993")}")).Body);
    }
}

[Collection(EmbeddedSite.Name)]
public sealed class StateFactsOnEmbedded(EmbeddedSite site) : StateFacts(site);

[Collection(DaprdSite.Name)]
public sealed class StateFactsOnDaprd(DaprdSite site) : StateFacts(site);
