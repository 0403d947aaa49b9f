using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http.Configurations;
using Mesh.Ledger.Signing;
using Mesh.Testing;

namespace Mesh.Governance.Http.Tests.Configurations;

public sealed class ConfigurationReceiptTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private readonly TemporaryFolder _data = new();
    private readonly TestMesh _mesh = new TestMesh().Append().Append();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task A_committed_version_runs_and_survives_a_restart()
    {
        await using (var host = await NodeHost.StartGovernedAsync(_data, _mesh))
        {
            var revision = host.Node.Revision;
            _mesh.Append(Next(host, k: 2));
            var status = await host.Client.ConfigureAsync(host.Url, _mesh.Receipt(Now, _mesh.One, _mesh.Two), NodeHost.Soon);
            Assert.Equal(2, status.Configuration);
            Assert.True(await host.Node.WaitForChangeAsync(revision, NodeHost.Soon) > revision);
            Assert.Equal(2, host.Node.Configuration!.Routing.Ensemble.K);
        }
        await using var again = await NodeHost.StartGovernedAsync(_data, _mesh);
        Assert.Equal((2, 2), (again.Node.Configuration!.Version, again.Node.Configuration.Routing.Ensemble.K));
    }

    [Fact]
    public async Task An_older_one_that_comes_late_changes_nothing()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        var first = _mesh.Append(Next(host, k: 2)).Receipt(Now, _mesh.One, _mesh.Two);
        await host.Client.ConfigureAsync(host.Url, _mesh.Append(Next(host, k: 3, version: 3)).Receipt(Now, _mesh.One, _mesh.Two), NodeHost.Soon);
        Assert.Equal(3, (await host.Client.ConfigureAsync(host.Url, first, NodeHost.Soon)).Configuration);
        Assert.Equal(3, host.Node.Configuration!.Routing.Ensemble.K);
    }

    [Fact]
    public async Task What_is_not_proven_is_not_run()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        var forger = new TestMesh { Log = TestMesh.Key("mesh/test", 1) }.Append(Next(host, k: 9));
        var other = new TestMesh { Log = TestMesh.Key("mesh/other") }.Append(Next(host, k: 9));
        var good = _mesh.Append(Next(host, k: 2)).Receipt(Now, _mesh.One, _mesh.Two);
        Assert.Equal((403, "unproven"), await Refused(host, _mesh.Receipt(Now, _mesh.One)));
        Assert.Equal((403, "unproven"), await Refused(host, _mesh.Receipt(Now, _mesh.One, TestMesh.Key("two", 1))));
        Assert.Equal((403, "unproven"), await Refused(host, _mesh.Receipt(Now, _mesh.One, TestMesh.Key("stranger"))));
        Assert.Equal((403, "unproven"), await Refused(host, forger.Receipt(Now, _mesh.One, _mesh.Two)));
        Assert.Equal((403, "unproven"), await Refused(host, other.Receipt(Now, _mesh.One, _mesh.Two)));
        Assert.Equal((403, "unproven"), await Refused(host, good with { Entry = Edited(good.Entry, e => e["body"]!["configuration"]!["routing"]!["ensemble"]!["k"] = 9) }));
        Assert.Equal((403, "unproven"), await Refused(host, good with { Proof = good.Proof.Replace("index 2", "index 1") }));
        Assert.Equal(1, host.Node.Configuration!.Version);
        Assert.False(File.Exists(Path.Combine(NodeHost.FolderOf(_data), "configuration.json")));
        Assert.Equal(2, (await host.Client.ConfigureAsync(host.Url, good, NodeHost.Soon)).Configuration);
    }

    [Fact]
    public async Task What_is_proven_and_cannot_be_run_is_refused()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        var good = _mesh.Append(Next(host, k: 2)).Receipt(Now, _mesh.One, _mesh.Two);
        Assert.Equal((422, "invalid_receipt"), await Refused(host, _mesh.Append(Next(host) with { Mesh = "other" }).Receipt(Now, _mesh.One, _mesh.Two)));
        Assert.Equal((422, "invalid_receipt"), await Refused(host, _mesh.Append(Next(host, k: 0)).Receipt(Now, _mesh.One, _mesh.Two)));
        Assert.Equal((422, "invalid_receipt"), await Refused(host, _mesh.Append().Receipt(Now, _mesh.One, _mesh.Two)));
        Assert.Equal((422, "invalid_receipt"), await Refused(host, good with { Proof = "none" }));
        Assert.Equal((422, "invalid_receipt"), await Refused(host, good with { Entry = JsonElement.Parse("[]") }));
        using var response = await host.Plain.PostAsync(new Uri(host.Url, "chorus/configuration"), new StringContent("""{"entry":{}}"""), NodeHost.Soon);
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(1, host.Node.Configuration!.Version);
    }

    [Fact]
    public async Task The_next_version_is_proven_by_the_witnesses_of_this_one()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        var three = TestMesh.Key("three");
        var now = host.Node.Configuration!;
        await host.Client.ConfigureAsync(host.Url, _mesh.Append(now with { Version = 2, Nodes = [.. now.Nodes, TestMesh.Node(three)] }).Receipt(Now, _mesh.One, _mesh.Two), NodeHost.Soon);
        _mesh.Append(Next(host, k: 2));
        Assert.Equal((403, "unproven"), await Refused(host, _mesh.Receipt(Now, _mesh.One, _mesh.Two)));
        Assert.Equal(3, (await host.Client.ConfigureAsync(host.Url, _mesh.Receipt(Now, _mesh.One, _mesh.Two, three), NodeHost.Soon)).Configuration);
    }

    [Fact]
    public async Task Where_one_may_lie_a_bare_majority_proves_nothing()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        var now = host.Node.Configuration!;
        await host.Client.ConfigureAsync(host.Url, _mesh.Append(now with { Version = 2, Policy = now.Policy with { WitnessLiars = 1 } }).Receipt(Now, _mesh.One, _mesh.Two), NodeHost.Soon);
        Assert.Equal(3, host.Node.Configuration!.Witnesses.Quorum);
        _mesh.Append(Next(host, k: 2));
        Assert.Equal((403, "unproven"), await Refused(host, _mesh.Receipt(Now, _mesh.One, _mesh.Two)));
        Assert.Equal(3, (await host.Client.ConfigureAsync(host.Url, _mesh.Receipt(Now, _mesh.One, _mesh.Two, SigningKey.Load(Path.Combine(NodeHost.FolderOf(_data), "node.key"))), NodeHost.Soon)).Configuration);
    }

    [Fact]
    public async Task A_damaged_receipt_starts_nothing()
    {
        NodeHost.KeyOf(_data, "router-1");
        File.WriteAllText(Path.Combine(NodeHost.FolderOf(_data), "configuration.json"), "{}");
        await Assert.ThrowsAsync<InvalidDataException>(() => NodeHost.StartGovernedAsync(_data, _mesh));
    }

    private static MeshConfiguration Next(NodeHost host, int? k = null, long? version = null)
    {
        var now = host.Node.Configuration!;
        return now with { Version = version ?? now.Version + 1, Routing = now.Routing with { Ensemble = new() { K = k } } };
    }

    private static JsonElement Edited(JsonElement entry, Action<JsonNode> edit)
    {
        var node = JsonNode.Parse(entry.GetRawText())!;
        edit(node);
        return JsonElement.Parse(node.ToJsonString());
    }

    private static async Task<(int, string)> Refused(NodeHost host, ConfigurationReceipt receipt)
    {
        var refused = await Assert.ThrowsAsync<NodeRefusedException>(() => host.Client.ConfigureAsync(host.Url, receipt, NodeHost.Soon));
        return (refused.Status, refused.Code);
    }
}
