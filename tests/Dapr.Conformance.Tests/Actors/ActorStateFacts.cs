using Dapr.Conformance.Tests.Apps;
using Dapr.Conformance.Tests.Hosting;

namespace Dapr.Conformance.Tests.Actors;

public abstract class ActorStateFacts(Site site) : SidecarTest(site)
{
    private async Task<string> ActiveAsync()
    {
        var path = $"/v1.0/actors/Probe/{NewId()}";
        Assert.Equal(200, (await Http.PostAsync($"{path}/method/Echo", "\"on\"")).Status);
        return path;
    }

    [SkippableFact]
    public async Task A_transaction_writes_and_deletes_at_once()
    {
        var path = await ActiveAsync();
        Assert.Equal(204, (await Http.PostAsync($"{path}/state", """[{"operation":"upsert","request":{"key":"a","value":{"x":1}}},{"operation":"upsert","request":{"key":"b","value":2}}]""")).Status);
        var reply = await Http.GetAsync($"{path}/state/a");
        Assert.Equal((200, "{\"x\":1}", "application/json"), (reply.Status, reply.Body, reply.ContentType));
        Assert.Equal(204, (await Http.PutAsync($"{path}/state", """[{"operation":"delete","request":{"key":"a"}},{"operation":"upsert","request":{"key":"b","value":3}}]""")).Status);
        Assert.Equal((204, ""), ((await Http.GetAsync($"{path}/state/a")).Status, (await Http.GetAsync($"{path}/state/a")).Body));
        Assert.Equal("3", (await Http.GetAsync($"{path}/state/b")).Body);
    }

    [SkippableFact]
    public async Task Only_active_actors_are_written_but_all_are_read()
    {
        var path = $"/v1.0/actors/Probe/{NewId()}";
        (await Http.PutAsync($"{path}/state", """[{"operation":"upsert","request":{"key":"a","value":1}}]""")).IsError(400, "ERR_ACTOR_INSTANCE_MISSING", "actor instance is missing");
        Assert.Equal(204, (await Http.GetAsync($"{path}/state/a")).Status);
        var active = await ActiveAsync();
        (await Site.Raw(Site.LonelyIndex).PutAsync($"{active}/state", "[]")).IsError(400, "ERR_ACTOR_INSTANCE_MISSING");
    }

    [SkippableTheory]
    [InlineData("""[{"operation":"frob","request":{"key":"k"}}]""", "operation type frob not supported")]
    [InlineData("""[{"operation":"upsert"}]""", "request data is empty")]
    [InlineData("""[{"operation":"upsert","request":{"value":1}}]""", "missing key")]
    [InlineData("""[{"operation":"delete","request":{}}]""", "missing key")]
    [InlineData("""[{"operation":"upsert","request":{"key":"k","value":1,"metadata":{"ttlInSeconds":"x"}}}]""", "error parsing TTL")]
    public async Task Wrong_operations_are_faults(string body, string message) =>
        (await Http.PutAsync($"{await ActiveAsync()}/state", body)).IsError(500, "ERR_ACTOR_STATE_TRANSACTION_SAVE", $"error saving actor transaction state: {(IsRedis && message.Contains("TTL") ? "" : message)}");

    [SkippableTheory, InlineData("{"), InlineData(""), InlineData("{}"), InlineData("\"x\"")]
    public async Task Malformed_transactions_are_refused(string body) => (await Http.PutAsync($"{await ActiveAsync()}/state", body)).IsError(400, "ERR_MALFORMED_REQUEST", "failed deserializing HTTP body");

    [SkippableFact]
    public async Task State_expires()
    {
        var path = await ActiveAsync();
        Assert.Equal(204, (await Http.PutAsync($"{path}/state", """[{"operation":"upsert","request":{"key":"t","value":1,"metadata":{"ttlInSeconds":"2"}}}]""")).Status); // daprd counts whole seconds: one may be over at once
        Assert.True(IsRedis || (await Http.GetAsync($"{path}/state/t")).Headers.ContainsKey("metadata.ttlExpireTime"));
        await Eventually.HoldsAsync(async () => (await Http.GetAsync($"{path}/state/t")).Status == 204, "it has expired");
    }

    [SkippableFact]
    public async Task A_turn_that_fails_saves_nothing()
    {
        var proxy = Site.Actors.Create(new(NewId()), "Probe");
        await proxy.InvokeMethodAsync<int, int>("Add", 1);
        await Assert.ThrowsAnyAsync<Exception>(() => proxy.InvokeMethodAsync("SetAndFail", 99));
        Assert.Equal("1", (await Http.GetAsync($"/v1.0/actors/Probe/{proxy.ActorId}/state/sum")).Body);
    }

    [SkippableFact]
    public async Task The_sdk_sets_times_to_live()
    {
        Skip.If(IsRedis, "daprd's redis store does not say when a value ends.");
        var proxy = Site.Actors.CreateActorProxy<IProbe>(new(NewId()), "Probe");
        await proxy.SetWithTtl(60);
        Assert.True((await Http.GetAsync($"/v1.0/actors/Probe/{((Dapr.Actors.Client.IActorProxy)proxy).ActorId}/state/short")).Headers.ContainsKey("metadata.ttlExpireTime"));
    }
}

[Collection(EmbeddedSite.Name)]
public sealed class ActorStateFactsOnEmbedded(EmbeddedSite site) : ActorStateFacts(site);

[Collection(DaprdSite.Name)]
public sealed class ActorStateFactsOnDaprd(DaprdSite site) : ActorStateFacts(site);
