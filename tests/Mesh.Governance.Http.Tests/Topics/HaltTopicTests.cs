using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Mesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Mesh.Governance.Http.Tests.Topics;

public sealed class HaltTopicTests : IDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly TestMesh _mesh = new TestMesh().Append();

    public void Dispose() => _data.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_halt_comes_as_a_cloud_event_or_raw(bool isEvent)
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        JsonObject message = new() { ["note"] = _mesh.Halt(TestMesh.Cam).Note.ToString() };
        Assert.Equal("SUCCESS", await DeliverAsync(host, isEvent ? new() { ["specversion"] = "1.0", ["type"] = "com.dapr.event.sent", ["datacontenttype"] = "application/json", ["data"] = message } : message));
        Assert.True(host.Node is { IsHalted: true, MaySpeak: false });
    }

    [Fact]
    public async Task What_is_no_halt_is_dropped_and_what_cannot_be_judged_yet_comes_again()
    {
        await using (var host = await NodeHost.StartGovernedAsync(_data, _mesh))
        {
            Assert.Equal("DROP", await DeliverAsync(host, new() { ["note"] = _mesh.Halt(TestMesh.Gil).Note.ToString() }));
            Assert.Equal("DROP", await DeliverAsync(host, new() { ["note"] = 7 }));
            Assert.Equal("DROP", await DeliverAsync(host, new() { ["data"] = "text" }));
            using var garbage = await host.Plain.PostAsync(new Uri(host.Url, await RouteAsync(host)), new StringContent("{"), NodeHost.Soon);
            Assert.Equal(200, (int)garbage.StatusCode);
            Assert.False(host.Node.IsHalted);
        }
        using var data = new TemporaryFolder();
        await using var ungoverned = await NodeHost.StartAsync(data);
        Assert.Equal("RETRY", await DeliverAsync(ungoverned, new() { ["note"] = _mesh.Halt(TestMesh.Cam).Note.ToString() }));
    }

    [Fact]
    public async Task The_service_s_own_topics_are_answered_too()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh, map: app => app.MapGet("dapr/subscribe", () => TypedResults.Json(new[] { new { pubsubname = "pubsub", topic = "orders", route = "/orders" } })));
        var topics = (await host.Plain.GetFromJsonAsync<JsonArray>(new Uri(host.Url, "dapr/subscribe"), NodeHost.Soon))!;
        Assert.Equal(["orders", "mesh-halt"], topics.Select(t => (string)t!["topic"]!));
        Assert.All(topics, t => Assert.Equal("pubsub", (string)t!["pubsubname"]!));
    }

    private static async Task<string> DeliverAsync(NodeHost host, JsonObject message)
    {
        using var response = await host.Plain.PostAsJsonAsync(new Uri(host.Url, await RouteAsync(host)), message, NodeHost.Soon);
        Assert.Equal(200, (int)response.StatusCode);
        return (string)(await response.Content.ReadFromJsonAsync<JsonObject>(NodeHost.Soon))!["status"]!;
    }

    private static async Task<string> RouteAsync(NodeHost host) =>
        (string)Assert.Single((await host.Plain.GetFromJsonAsync<JsonArray>(new Uri(host.Url, "dapr/subscribe"), NodeHost.Soon))!)!["route"]!;
}
