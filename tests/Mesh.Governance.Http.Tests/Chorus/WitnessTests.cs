using System.Net;
using Mesh.Chorus.Witnesses;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;
using Mesh.Testing;

namespace Mesh.Governance.Http.Tests.Chorus;

/// <summary>C2SP tlog-witness over HTTP.</summary>
public sealed class WitnessTests : IDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly TestMesh _mesh = new TestMesh().Append().Append();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task It_cosigns_and_remembers_over_a_restart()
    {
        var fork = _mesh.Fork().Append("other").Append("other");
        await using (var host = await NodeHost.StartGovernedAsync(_data, _mesh))
        {
            Assert.Equal(WitnessStatus.Cosigned, await AskAsync(host, 0));
            Assert.Equal(WitnessStatus.Cosigned, await AskAsync(host, 2));
            _mesh.Append();
            Assert.Equal(WitnessStatus.Cosigned, await AskAsync(host, 2));
        }
        await using var again = await NodeHost.StartGovernedAsync(_data, _mesh);
        Assert.Equal(3, (await again.Client.StatusAsync(again.Url, NodeHost.Soon)).WitnessSize);
        Assert.Equal(new(WitnessStatus.Conflict, 3), await again.Client.AddCheckpointAsync(again.Url, fork.Ask(2), NodeHost.Soon));
        Assert.Equal(WitnessStatus.Inconsistent, (await again.Client.AddCheckpointAsync(again.Url, fork.Ask(3), NodeHost.Soon)).Status);
        Assert.Equal(WitnessStatus.Cosigned, await AskAsync(again, 3));
    }

    [Fact]
    public async Task Statuses_and_types_are_the_standard_s()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        using var cosigned = await PostAsync(host, _mesh.Ask(0).ToString());
        Assert.Equal(HttpStatusCode.OK, cosigned.StatusCode);
        Assert.Matches("^— router-1 [A-Za-z0-9+/]+=*\n$", await cosigned.Content.ReadAsStringAsync());
        using var conflict = await PostAsync(host, _mesh.Ask(0).ToString());
        Assert.Equal(HttpStatusCode.Conflict, conflict.StatusCode);
        Assert.Equal(("text/x.tlog.size", "2\n"), (conflict.Content.Headers.ContentType!.MediaType, await conflict.Content.ReadAsStringAsync()));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(host, new TestMesh { Log = TestMesh.Key("mesh/other") }.Append().Ask(0).ToString()));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(host, new TestMesh { Log = TestMesh.Key("mesh/test", 1) }.Append().Ask(0).ToString()));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(host, (_mesh.Ask(2) with { OldSize = 3 }).ToString()));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(host, "old 2\n"));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(host, ""));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await StatusAsync(host, new string('o', AddCheckpoint.MostBytes + 1)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await StatusAsync(host, (_mesh.Append().Ask(2) with { Proof = [] }).ToString()));
    }

    [Fact]
    public async Task A_witness_that_lost_its_memory_signs_nothing_and_can_be_halted()
    {
        await using (var host = await NodeHost.StartGovernedAsync(_data, _mesh))
            Assert.Equal(WitnessStatus.Cosigned, await AskAsync(host, 0));
        File.Delete(Path.Combine(NodeHost.FolderOf(_data), "witness.json"));
        await using var again = await NodeHost.StartGovernedAsync(_data, _mesh);
        var refused = await Assert.ThrowsAsync<NodeRefusedException>(() => again.Client.AddCheckpointAsync(again.Url, _mesh.Ask(0), NodeHost.Soon));
        Assert.Equal((503, "witness_lost"), (refused.Status, refused.Code));
        Assert.Null((await again.Client.StatusAsync(again.Url, NodeHost.Soon)).WitnessSize);
        Assert.True((await again.Client.HaltAsync(again.Url, _mesh.Halt(TestMesh.Cam).Note.ToString(), NodeHost.Soon)).Halted);
    }

    [Fact]
    public async Task Three_nodes_commit_with_any_two_and_not_with_one()
    {
        using TemporaryFolder first = new(), second = new(), third = new();
        string[] names = ["a", "b", "c"];
        TemporaryFolder[] folders = [first, second, third];
        var nodes = names.Zip(folders, (name, folder) => new Mesh.Governance.Members.MeshNode(name, NodeHost.KeyOf(folder, name).Verifier.As(KeyKind.Cosignature).Text, Mesh.Governance.Members.NodeKind.Worker)).ToArray();
        var genesis = _mesh.Genesis() with { Configuration = _mesh.Configuration() with { Nodes = nodes } };
        var policy = new WitnessPolicy(nodes.Select(n => n.Verifier), 2);
        var hosts = new List<NodeHost>();
        foreach (var (name, folder) in names.Zip(folders))
        {
            Http.Genesis.GenesisFile.Write(Path.Combine(folder.Path, "governance", "genesis.json"), genesis);
            hosts.Add(await NodeHost.StartAsync(folder, name));
        }
        for (var left = 3; left >= 1; left--)
        {
            _mesh.Append();
            var head = _mesh.Cosigned(DateTimeOffset.UtcNow);
            foreach (var host in hosts)
                head = head.With((await host.Client.AddCheckpointAsync(host.Url, _mesh.Ask(left == 3 ? 0 : _mesh.Size - 1), NodeHost.Soon)).Cosignature!);
            Assert.Equal(left, policy.Cosigned(head).Count);
            foreach (var host in hosts)
            {
                var told = host.Client.TellAsync(host.Url, new(head.ToString(), [], [], 1), NodeHost.Soon);
                if (policy.IsMet(head))
                    await told;
                else
                    Assert.Equal("not_committed", (await Assert.ThrowsAsync<NodeRefusedException>(() => told)).Code);
            }
            await hosts[^1].DisposeAsync();
            hosts.RemoveAt(hosts.Count - 1);
        }
    }

    private async Task<WitnessStatus> AskAsync(NodeHost host, long oldSize)
    {
        var asked = _mesh.Ask(oldSize);
        var answer = await host.Client.AddCheckpointAsync(host.Url, asked, NodeHost.Soon);
        if (answer.Cosignature is not null)
            Assert.Single(new WitnessPolicy([host.Key], 1).Cosigned(asked.Checkpoint.With(answer.Cosignature)));
        return answer.Status;
    }

    private static Task<HttpResponseMessage> PostAsync(NodeHost host, string body) => host.Plain.PostAsync(new Uri(host.Url, "chorus/add-checkpoint"), new StringContent(body), NodeHost.Soon);

    private static async Task<HttpStatusCode> StatusAsync(NodeHost host, string body)
    {
        using var response = await PostAsync(host, body);
        return response.StatusCode;
    }
}
