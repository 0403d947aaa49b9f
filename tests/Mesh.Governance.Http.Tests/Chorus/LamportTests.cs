using System.Text.Json;
using Mesh.Chorus.Clocks;
using Mesh.Governance.Http.Client;
using Mesh.Governance.Http.Nodes;
using Mesh.Ledger.Log;
using Mesh.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Governance.Http.Tests.Chorus;

/// <summary>Which stamps of callers count, and that no clock is in an order's way.</summary>
public sealed class LamportTests : IDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly TestMesh _mesh = new TestMesh().Append().Append();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Stamps_rise_from_a_caller_to_the_log_to_a_witness_to_the_next_caller()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        await using var log = await LedgerLog<int>.OpenAsync(new MemoryLedgerStore(), new(_mesh.Log, "governance"), 0, (size, _) => size + 1, TimeProvider.System, NodeHost.Soon);
        LamportClock first = new(5000), second = new();
        var sent = first.Tick();
        var entry = (await log.AppendAsync(new("report", "report/1", JsonElement.Parse("{}"), sent), NodeHost.Soon)).Entry;
        Assert.True(entry.Lamport > sent);
        Assert.True(first.TryReceive(entry.Lamport, out _));
        await Client(first).AddCheckpointAsync(host.Url, new(0, [], log.SignHead()), NodeHost.Soon);
        var witnessed = ClockOf(host).Now;
        Assert.True(witnessed > entry.Lamport);
        Assert.True(first.Now > witnessed);
        await Client(second).StatusAsync(host.Url, NodeHost.Soon);
        Assert.True(second.Now > witnessed);
        Assert.True((await log.AppendAsync(new("report", "report/2", JsonElement.Parse("{}"), second.Tick()), NodeHost.Soon)).Entry.Lamport > second.Now);
    }

    [Fact]
    public async Task A_witness_believes_the_stamp_of_a_head_that_is_new_to_it()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        Assert.Equal(1001, await AskAsync(0, 1000));
        Assert.Equal(1002, await AskAsync(2, 500_000));   // the same again: everybody can read it
        Assert.Equal(1003, await AskAsync(1, 500_000));   // refused
        _mesh.Append();
        Assert.Equal(1004, await AskAsync(2, 7));
        _mesh.Append();
        Assert.Equal(1005, await AskAsync(3, long.MaxValue));
        _mesh.Append();
        Assert.Equal(1006, await AskAsync(4, -1));

        Task<long> AskAsync(long oldSize, long stamp) => PostAsync(host, "add-checkpoint", _mesh.Ask(oldSize).ToString(), stamp);
    }

    [Fact]
    public async Task A_node_believes_the_stamp_of_a_committed_head_that_is_newer()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        Assert.Equal(1001, await TellAsync(1000));
        Assert.Equal(1002, await TellAsync(500_000));
        _mesh.Append();
        Assert.Equal(2001, await TellAsync(2000));

        Task<long> TellAsync(long stamp) => PostAsync(
            host, "head", JsonSerializer.Serialize(new HeadNews(_mesh.Cosigned(DateTimeOffset.UtcNow, _mesh.One, _mesh.Two).ToString(), [], [], 1), NodeJson.Default.HeadNews), stamp);
    }

    [Fact]
    public async Task A_node_believes_the_stamp_of_a_halt_once_and_a_stranger_s_never()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        await Client(null).StatusAsync(host.Url, NodeHost.Soon);   // stamps are reserved
        var halt = _mesh.Halt(TestMesh.Cam);
        Assert.Equal(2, await PostAsync(host, "halt", _mesh.Halt(TestMesh.Cam, signer: TestMesh.Key("stranger")).Note.ToString(), 500_000));
        Assert.Equal(1001, await PostAsync(host, "halt", halt.Note.ToString(), 1000));
        Assert.Equal(1002, await PostAsync(host, "halt", halt.Note.ToString(), 500_000));
        Assert.Equal(1301, await PostAsync(host, "resume", _mesh.Resume([halt.Hash], TestMesh.Ada, TestMesh.Ben), 1300));
    }

    [Fact]
    public async Task Neither_a_full_disk_of_a_clock_nor_one_that_hangs_keeps_a_halt()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh);
        var full = new LamportClock(0, _ => throw new IOException("The disk is full."));
        using var disk = new HangingDisk(host, "lamport");
        var waiting = Client(null).StatusAsync(host.Url, NodeHost.Soon);
        disk.WaitUntilHung();
        Assert.True((await Client(full).HaltAsync(host.Url, _mesh.Halt(TestMesh.Cam).Note.ToString(), NodeHost.Soon)).Halted);
        Assert.False(waiting.IsCompleted);
        disk.Release();
        Assert.True((await waiting).Lamport >= 0);
        host.Services.GetRequiredService<NodeFiles>().Write = (path, content) => throw new IOException("The disk is full.");
        Assert.True((await Client(full).StatusAsync(host.Url, NodeHost.Soon)).Halted);
    }

    private static NodeClient Client(LamportClock? clock) => new(Shared, TimeSpan.FromMinutes(1), TimeProvider.System, clock);

    private static readonly HttpClient Shared = new();

    private static LamportClock ClockOf(NodeHost host) => host.Services.GetRequiredService<LamportClock>();

    /// <returns>The answer's stamp.</returns>
    private static async Task<long> PostAsync(NodeHost host, string path, string body, long stamp)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Url, $"chorus/{path}")) { Content = new StringContent(body) };
        request.Headers.Add("x-mesh-lamport", $"{stamp}");
        using var response = await host.Plain.SendAsync(request, NodeHost.Soon);
        return long.Parse(response.Headers.GetValues("x-mesh-lamport").Single());
    }
}
