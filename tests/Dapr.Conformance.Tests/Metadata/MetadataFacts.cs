using Dapr.Conformance.Tests.Hosting;

namespace Dapr.Conformance.Tests.Metadata;

public abstract class MetadataFacts(Site site) : SidecarTest(site)
{
    [SkippableFact]
    public async Task The_sidecar_says_who_it_is_and_what_it_has()
    {
        Skip.If(IsRedisBroker, "It has other components then.");
        var all = (await Http.GetAsync("/v1.0/metadata")).Json;
        Assert.Equal("alpha", all.GetProperty("id").GetString());
        Assert.StartsWith("1.16.", all.GetProperty("runtimeVersion").GetString());
        Assert.Equal(["memory state.in-memory v1", "pubsub pubsub.in-memory v1", "shared state.sqlite v1", "statestore state.sqlite v1"],
            all.GetProperty("components").EnumerateArray().Select(c => $"{c.GetProperty("name")} {c.GetProperty("type")} {c.GetProperty("version")}").Order());
        Assert.Equal(Site.Alpha.Spec.Port, all.GetProperty("appConnectionProperties").GetProperty("port").GetInt32());
        var ruled = all.GetProperty("subscriptions").EnumerateArray().Single(s => s.GetProperty("topic").GetString() == "ruled");
        Assert.Equal(["/ruled-x", "/ruled-big", "/ruled"], ruled.GetProperty("rules").EnumerateArray().Select(r => "/" + r.GetProperty("path").GetString()!.TrimStart('/')));
        var drop = all.GetProperty("subscriptions").EnumerateArray().Single(s => s.GetProperty("topic").GetString() == "drop");
        Assert.Equal("dead-drop PROGRAMMATIC", $"{drop.GetProperty("deadLetterTopic")} {drop.GetProperty("type")}");
    }

    [SkippableFact]
    public async Task Apps_may_note_something()
    {
        Assert.Equal(204, (await Http.PutAsync("/v1.0/metadata/color", "blue")).Status);
        Assert.Equal("blue", (await Http.GetAsync("/v1.0/metadata")).Json.GetProperty("extended").GetProperty("color").GetString());
    }

    [SkippableFact]
    public async Task The_official_client_sees_it_too()
    {
        var metadata = await Site.Client.GetMetadataAsync();
        Assert.Equal("alpha", metadata.Id);
        Assert.Contains(metadata.Components, c => c.Name == "statestore" && c.Capabilities.Contains("ACTOR"));
        await Site.Client.SetMetadataAsync("shape", "round");
        Assert.Equal("round", (await Site.Client.GetMetadataAsync()).Extended["shape"]);
    }

    [SkippableFact]
    public async Task Health_is_no_content()
    {
        foreach (var path in new[] { "/v1.0/healthz", "/v1.0/healthz/outbound", "/v1.0/healthz?appid=alpha" })
            Assert.Equal((204, ""), ((await Http.GetAsync(path)).Status, (await Http.GetAsync(path)).Body));
        (await Http.GetAsync("/v1.0/healthz?appid=another")).IsError(500, "ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match");
        Assert.Equal(204, (await Site.Raw(Site.LonelyIndex).GetAsync("/v1.0/healthz/outbound")).Status);
        Assert.True(await Site.Client.CheckHealthAsync());
        Assert.True(await Site.Client.CheckOutboundHealthAsync());
        await Site.Client.WaitForSidecarAsync();
    }
}

[Collection(EmbeddedSite.Name)]
public sealed class MetadataFactsOnEmbedded(EmbeddedSite site) : MetadataFacts(site);

[Collection(DaprdSite.Name)]
public sealed class MetadataFactsOnDaprd(DaprdSite site) : MetadataFacts(site);
