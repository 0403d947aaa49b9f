using Mesh.Governance.Acts;
using Mesh.Testing;

namespace Mesh.Governance.Http.Tests.Halts;

public sealed class HaltTests : IDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly TestMesh _mesh = new TestMesh().Append();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task It_ends_streams_is_on_disk_and_survives_a_restart()
    {
        var halt = _mesh.Halt(TestMesh.Cam);
        CancellationToken stream;
        await using (var host = await NodeHost.StartGovernedAsync(_data, _mesh))
        {
            stream = host.Node.Halted;
            var taken = await host.Client.HaltAsync(host.Url, halt.Note.ToString(), NodeHost.Soon);
            Assert.Equal(("router-1", true, halt.Hash), (taken.Node, taken.Halted, Assert.Single(taken.Halts)));
            Assert.Contains(halt.Act.Nonce, File.ReadAllText(Path.Combine(NodeHost.FolderOf(_data), "halt.json")));
            Assert.True(stream.IsCancellationRequested);
            Assert.True(host.Node is { IsHalted: true, MaySpeak: false, MayChange: false, Halted.IsCancellationRequested: true });
        }
        await using var again = await NodeHost.StartGovernedAsync(_data, _mesh);
        Assert.True(again.Node is { IsHalted: true, MaySpeak: false, Halted.IsCancellationRequested: true });
        Assert.Equal(halt.Note.ToString(), Assert.Single((await again.Client.ActsAsync(again.Url, NodeHost.Soon)).Halts));
    }

    [Fact]
    public async Task Forged_foreign_and_unable_ones_halt_nothing()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        Assert.Equal((403, ActCode.WrongSignature), await Refused(host, _mesh.Halt(TestMesh.Cam, TestMesh.Key("cam", 1))));
        Assert.Equal((403, ActCode.WrongSignature), await Refused(host, _mesh.Halt(TestMesh.Cam, TestMesh.Fay)));
        Assert.Equal((403, ActCode.UnknownMember), await Refused(host, _mesh.Halt(TestMesh.Key("eve"))));
        Assert.Equal((403, ActCode.WrongRole), await Refused(host, _mesh.Halt(TestMesh.Gil)));
        Assert.Equal((400, ActCode.Invalid), await Refused(host, _mesh.Halt(TestMesh.Cam, mesh: "other")));
        Assert.Equal((400, ActCode.Invalid), await Refused(host, "stop"));
        Assert.Equal((413, ActCode.TooLarge), await Refused(host, new string('x', 70_000)));
        using var response = await host.Plain.PostAsync(new Uri(host.Url, "chorus/halt"), new ByteArrayContent([0xff, 0xfe]), NodeHost.Soon);
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.False(host.Node.IsHalted);
    }

    [Fact]
    public async Task Who_was_revoked_halts_nothing_any_more()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        var old = _mesh.Halt(TestMesh.Fay);
        var now = host.Node.Configuration!;
        _mesh.Append(now with { Version = 2, Members = [.. now.Members.Where(m => m.Name != "fay").Select(m => m.Name == "cam" ? TestMesh.Member(TestMesh.Key("cam", 1), [.. m.Roles]) : m)] });
        await host.Client.ConfigureAsync(host.Url, _mesh.Receipt(DateTimeOffset.UtcNow, _mesh.One, _mesh.Two), NodeHost.Soon);
        Assert.Equal((403, ActCode.UnknownMember), await Refused(host, old));
        Assert.Equal((403, ActCode.WrongSignature), await Refused(host, _mesh.Halt(TestMesh.Cam)));
        await host.Client.HaltAsync(host.Url, _mesh.Halt(TestMesh.Cam, TestMesh.Key("cam", 1)).Note.ToString(), NodeHost.Soon);
        Assert.True(host.Node.IsHalted);
    }

    [Fact]
    public async Task Two_others_end_it_and_shown_again_it_is_nothing()
    {
        var halt = _mesh.Halt(TestMesh.Cam);
        await using (var host = await NodeHost.StartGovernedAsync(_data, _mesh))
        {
            await host.Client.HaltAsync(host.Url, halt.Note.ToString(), NodeHost.Soon);
            await Assert.ThrowsAsync<NodeRefusedException>(() => Resume(host, halt.Hash, TestMesh.Ada));
            await Assert.ThrowsAsync<NodeRefusedException>(() => Resume(host, halt.Hash, TestMesh.Ada, TestMesh.Cam));
            await Assert.ThrowsAsync<NodeRefusedException>(() => Resume(host, halt.Hash, TestMesh.Ada, TestMesh.Gil));
            await Assert.ThrowsAsync<NodeRefusedException>(() => Resume(host, halt.Hash, TestMesh.Ada, TestMesh.Key("ben", 1)));
            await Assert.ThrowsAsync<NodeRefusedException>(() => Resume(host, new('0', 64), TestMesh.Ada, TestMesh.Ben));
            Assert.True(host.Node.IsHalted);
            var note = _mesh.Resume([halt.Hash], TestMesh.Ada, TestMesh.Ben);
            Assert.False((await host.Client.ResumeAsync(host.Url, note, NodeHost.Soon)).Halted);
            Assert.False((await host.Client.ResumeAsync(host.Url, note, NodeHost.Soon)).Halted);
            Assert.True(host.Node is { IsHalted: false, MaySpeak: true, Halted.IsCancellationRequested: false });
            Assert.False((await host.Client.HaltAsync(host.Url, halt.Note.ToString(), NodeHost.Soon)).Halted);
        }
        await using var again = await NodeHost.StartGovernedAsync(_data, _mesh);
        Assert.False((await again.Client.HaltAsync(again.Url, halt.Note.ToString(), NodeHost.Soon)).Halted);
        Assert.False(again.Node.Halted.IsCancellationRequested);
    }

    [Fact]
    public async Task A_second_halt_goes_on_when_the_first_ends()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        var (first, second) = (_mesh.Halt(TestMesh.Cam), _mesh.Halt(TestMesh.Fay));
        foreach (var halt in new[] { first, second, first })
            await host.Client.HaltAsync(host.Url, halt.Note.ToString(), NodeHost.Soon);
        var taken = await Resume(host, first.Hash, TestMesh.Ada, TestMesh.Ben);
        Assert.Equal((true, second.Hash), (taken.Halted, Assert.Single(taken.Halts)));
        Assert.True(host.Node.Halted.IsCancellationRequested);
        Assert.False((await Resume(host, second.Hash, TestMesh.Ada, TestMesh.Ben)).Halted);
        Assert.False(host.Node.Halted.IsCancellationRequested);
    }

    [Fact]
    public async Task Without_a_disk_it_is_in_force_and_not_acknowledged()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        var file = Path.Combine(NodeHost.FolderOf(_data), "halt.json");
        Directory.CreateDirectory(Path.Combine(file, "in the way"));
        var halt = _mesh.Halt(TestMesh.Cam);
        Assert.Equal((503, "not_durable"), await Refused(host, halt));
        Assert.True(host.Node is { IsHalted: true, Halted.IsCancellationRequested: true });
        Assert.Equal((503, "not_durable"), await Refused(host, halt));
        Directory.Delete(file, recursive: true);
        Assert.True((await host.Client.HaltAsync(host.Url, halt.Note.ToString(), NodeHost.Soon)).Halted);
        Assert.Contains(TestMesh.Cam.Name, File.ReadAllText(file));
    }

    [Fact]
    public async Task A_disk_that_hangs_over_a_configuration_holds_up_no_halt()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        using var disk = new HangingDisk(host, "configuration.json");
        _mesh.Append(host.Node.Configuration! with { Version = 2 });
        var configuring = host.Client.ConfigureAsync(host.Url, _mesh.Receipt(DateTimeOffset.UtcNow, _mesh.One, _mesh.Two), NodeHost.Soon);
        disk.WaitUntilHung();
        Assert.True((await host.Client.HaltAsync(host.Url, _mesh.Halt(TestMesh.Cam).Note.ToString(), NodeHost.Soon)).Halted);
        Assert.False(configuring.IsCompleted);
        disk.Release();
        Assert.Equal(2, (await configuring).Configuration);
    }

    [Fact]
    public async Task A_disk_that_hangs_over_a_resume_keeps_no_stream_going()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        var (first, second) = (_mesh.Halt(TestMesh.Cam), _mesh.Halt(TestMesh.Fay));
        await host.Client.HaltAsync(host.Url, first.Note.ToString(), NodeHost.Soon);
        using var disk = new HangingDisk(host, "halt.json");
        var resuming = Resume(host, first.Hash, TestMesh.Ada, TestMesh.Ben);
        disk.WaitUntilHung();
        var halting = host.Client.HaltAsync(host.Url, second.Note.ToString(), NodeHost.Soon);
        for (var revision = host.Node.Revision; !host.Node.Halts.Contains(second.Hash); revision = await host.Node.WaitForChangeAsync(revision, NodeHost.Soon)) ;
        Assert.False(halting.IsCompleted);   // in force, and not acknowledged before it is on disk
        disk.Release();
        Assert.Equal(second.Hash, Assert.Single((await halting).Halts));
        Assert.Equal(second.Hash, Assert.Single((await resuming).Halts));
        var kept = File.ReadAllText(Path.Combine(NodeHost.FolderOf(_data), "halt.json"));
        Assert.Contains(second.Act.Nonce, kept);
        Assert.True(host.Node is { IsHalted: true, Halted.IsCancellationRequested: true });
    }

    [Fact]
    public async Task A_halt_in_force_comes_again_without_being_verified_again()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        var halt = _mesh.Halt(TestMesh.Fay);
        await host.Client.HaltAsync(host.Url, halt.Note.ToString(), NodeHost.Soon);
        var now = host.Node.Configuration!;
        _mesh.Append(now with { Version = 2, Members = [.. now.Members.Where(m => m.Name != "fay")] });
        await host.Client.ConfigureAsync(host.Url, _mesh.Receipt(DateTimeOffset.UtcNow, _mesh.One, _mesh.Two), NodeHost.Soon);
        Assert.Equal(halt.Hash, Assert.Single((await host.Client.HaltAsync(host.Url, halt.Note.ToString(), NodeHost.Soon)).Halts));
    }

    [Fact]
    public async Task A_damaged_register_starts_nothing()
    {
        NodeHost.KeyOf(_data, "router-1");
        File.WriteAllText(Path.Combine(NodeHost.FolderOf(_data), "halt.json"), """{"halts":[""");
        await Assert.ThrowsAsync<InvalidDataException>(() => NodeHost.StartGovernedAsync(_data, _mesh));
    }

    [Fact]
    public async Task News_of_a_head_carry_halts_and_resumes_also_without_a_quorum()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        var halt = _mesh.Halt(TestMesh.Cam);
        var status = await host.Client.TellAsync(host.Url, new(null, [_mesh.Halt(TestMesh.Gil).Note.ToString(), halt.Note.ToString()], [], 1), NodeHost.Soon);
        Assert.Equal((true, halt.Hash), (status.Halted, Assert.Single(status.Halts)));
        status = await host.Client.TellAsync(host.Url, new(null, [halt.Note.ToString()], [_mesh.Resume([halt.Hash], TestMesh.Ada, TestMesh.Ben)], 1), NodeHost.Soon);
        Assert.False(status.Halted);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"head":null,"halts":null,"resumes":[],"configuration":1}""")]
    [InlineData("""{"head":null,"halts":[null],"resumes":[],"configuration":1}""")]
    public async Task What_is_no_news_is_refused(string body)
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        using var response = await host.Plain.PostAsync(new Uri(host.Url, "chorus/head"), new StringContent(body), NodeHost.Soon);
        Assert.Equal(400, (int)response.StatusCode);
    }

    private Task<Acknowledgement> Resume(NodeHost host, string halt, params Mesh.Ledger.Signing.SigningKey[] signers) =>
        host.Client.ResumeAsync(host.Url, _mesh.Resume([halt], signers), NodeHost.Soon);

    private static Task<(int, string)> Refused(NodeHost host, SignedAct<HaltOrder> halt) => Refused(host, halt.Note.ToString());

    private static async Task<(int, string)> Refused(NodeHost host, string note)
    {
        var refused = await Assert.ThrowsAsync<NodeRefusedException>(() => host.Client.HaltAsync(host.Url, note, NodeHost.Soon));
        return (refused.Status, refused.Code);
    }
}
