using Mesh.Chorus.Leases;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.Members;
using Mesh.Testing;

namespace Mesh.Governance.Http.Tests.Genesis;

public sealed class GenesisWatchTests : IDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly TestMesh _mesh = new TestMesh().Append();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Without_genesis_a_node_knows_nobody_and_with_one_it_is_governed()
    {
        await using var host = await NodeHost.StartAsync(_data);
        var status = await host.Client.StatusAsync(host.Url, NodeHost.Soon);
        Assert.Equal((LeaseState.None, null, 0), (status.Lease, status.Mesh, status.Configuration));
        Assert.True(host.Node is { IsGoverned: false, MayChange: true, MaySpeak: true });
        var refusals = new[]
        {
            await Refused(() => host.Client.HaltAsync(host.Url, _mesh.Halt(TestMesh.Cam).Note.ToString(), NodeHost.Soon)),
            await Refused(() => host.Client.ResumeAsync(host.Url, _mesh.Resume([new('0', 64)], TestMesh.Ada, TestMesh.Ben), NodeHost.Soon)),
            await Refused(() => host.Client.AddCheckpointAsync(host.Url, _mesh.Ask(0), NodeHost.Soon)),
            await Refused(() => host.Client.TellAsync(host.Url, new(_mesh.Cosigned(DateTimeOffset.UtcNow, _mesh.One, _mesh.Two).ToString(), [], [], 1), NodeHost.Soon)),
            await Refused(() => host.Client.ConfigureAsync(host.Url, _mesh.Append(_mesh.Configuration()).Receipt(DateTimeOffset.UtcNow, _mesh.One, _mesh.Two), NodeHost.Soon)),
        };
        Assert.All(refusals, r => Assert.Equal((503, "no_genesis"), r));

        var revision = host.Node.Revision;
        GenesisFile.Write(Path.Combine(_data.Path, "governance", "genesis.json"), _mesh.Genesis(new MeshNode("router-1", status.Key, NodeKind.Router)));
        while (!host.Node.IsGoverned)
            revision = await host.Node.WaitForChangeAsync(revision, NodeHost.Soon);
        Assert.True(host.Node is { Lease: LeaseState.Lost, MayChange: false, MaySpeak: true });
        Assert.Equal("test", (await host.Client.StatusAsync(host.Url, NodeHost.Soon)).Mesh);
    }

    [Fact]
    public async Task Without_the_file_it_began_with_a_node_stays_governed_and_with_another_it_does_not_start()
    {
        var genesis = Path.Combine(_data.Path, "governance", "genesis.json");
        var halt = _mesh.Halt(TestMesh.Cam);
        await using (await NodeHost.StartGovernedAsync(_data, _mesh))
            File.Delete(genesis);
        await using (var host = await NodeHost.StartAsync(_data))
        {
            Assert.True(host.Node is { IsGoverned: true, Lease: LeaseState.Lost, MayChange: false, Configuration.Mesh: TestMesh.Name });
            Assert.True((await host.Client.HaltAsync(host.Url, halt.Note.ToString(), NodeHost.Soon)).Halted);
        }
        GenesisFile.Write(genesis, _mesh.Genesis() with { Log = TestMesh.Key("mesh/test", 1).Verifier.Text });
        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => NodeHost.StartAsync(_data));
        Assert.Contains(NodeHost.FolderOf(_data), refused.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    public async Task A_damaged_genesis_starts_nothing(string text)
    {
        Directory.CreateDirectory(Path.Combine(_data.Path, "governance"));
        _data.Write("governance/genesis.json", text);
        await Assert.ThrowsAsync<InvalidDataException>(() => NodeHost.StartAsync(_data));
    }

    [Fact]
    public void A_genesis_that_contradicts_itself_is_refused()
    {
        var good = _mesh.Genesis();
        var path = Path.Combine(_data.Path, "genesis.json");
        Assert.Throws<FormatException>(() => GenesisFile.Write(path, good with { Mesh = "other" }));
        Assert.Throws<FormatException>(() => GenesisFile.Write(path, good with { Log = TestMesh.Key("mesh/other").Verifier.Text }));
        Assert.Throws<FormatException>(() => GenesisFile.Write(path, good with { Configuration = good.Configuration with { Version = 2 } }));
        Assert.Throws<FormatException>(() => GenesisFile.Write(path, good with { Configuration = good.Configuration with { Nodes = [] } }));
        Assert.Throws<FormatException>(() => GenesisFile.Write(path, good with { Configuration = good.Configuration with { Nodes = [.. good.Configuration.Nodes, good.Configuration.Nodes[0]] } }));
        Assert.Null(GenesisFile.Read(path));
        GenesisFile.Write(path, good);
        Assert.Equal(good.Log, GenesisFile.Read(path)!.Log);
    }

    private static async Task<(int, string)> Refused<T>(Func<Task<T>> call)
    {
        var refused = await Assert.ThrowsAsync<NodeRefusedException>(call);
        return (refused.Status, refused.Code);
    }
}
