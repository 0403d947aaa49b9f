using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Mesh.Governance.Acts;
using Mesh.Governance.Operations;
using Xunit.Abstractions;

namespace Mesh.EndToEnd.Tests.Halting;

/// <summary>
/// Whatever else is down, a halt halts: with neither engine, broker, store, quorum nor governance, by each of its ways alone, and what it lacks then follows by itself.
/// The way of the lease and a restart of everything are in <c>HaltRestartTests</c>.
/// </summary>
public abstract class HaltFaults<TMesh>(TMesh mesh, ITestOutputHelper output) : IClassFixture<TMesh> where TMesh : FaultyMesh
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    private People People => new(mesh.Router, mesh.Data);

    [SkippableFact]
    public async Task Without_the_workflow_engine_it_halts_and_undoes_as_soon_as_that_is_back()
    {
        await WellAsync();
        var k = (await People.ConfigurationAsync()).Routing.Ensemble.K == 3 ? 4 : 3;
        var change = await People.ProposeAsync("ada", new SetEnsemble(new() { K = k }));
        await People.ApproveAsync(change, "ben", "cleo");
        await People.PromotedAsync(change, Limit);
        using var end = new CancellationTokenSource(Limit);
        var streams = await StreamsAsync(end.Token);
        var halt = People.SignHalt("ben");
        await using (mesh.KeepDown(mesh.Engine))
        {
            Say("a change is applied, the engine is killed");
            var answer = await People.HaltAsync(halt);
            await EndedAsync(streams);
            Say($"halted: {answer}");
            Assert.Equal(FaultyMesh.Nodes, Names(answer, "reached").Order());
            Assert.Empty(Names(answer, "unreached"));
            // What a node acknowledges is on its disk.
            Assert.All(FaultyMesh.Nodes, node => Assert.True(IsOnDisk(halt, node)));
            await RefusesAsync();
            // What runs is not undone yet, so nothing goes on.
            Assert.NotEqual(HttpStatusCode.OK, (await People.ResumeAsync(halt.Hash, "ada", "cleo")).Status);
            await RefusesAsync();
        }
        await MeshFixture.Eventually(() => People.IsCommittedAsync($"halt/{halt.Hash}"), "the halt is in the ledger", Limit);
        await MeshFixture.Eventually(async () => await People.StatusAsync(change) == "undone", "the change is undone", Limit);
        Say("the change is undone");
        await MeshFixture.Eventually(() => People.IsCommittedAsync($"report/{halt.Hash}/effect"), "the effect is reported", Limit);
        Assert.Single(await People.FindAsync("report", halt.Hash));
        Assert.Single(await People.FindAsync("halt", halt.Act.Nonce));
        await RefusesAsync();
        await WellAsync();
        await People.VerifyLedgerAsync($"halt/{halt.Hash}");
    }

    [SkippableFact]
    public async Task Without_the_broker_and_the_routers_sidecar_it_halts_by_a_call()
    {
        await WellAsync();
        using var end = new CancellationTokenSource(Limit);
        var streams = await StreamsAsync(end.Token);
        var halt = People.SignHalt("ben");
        Task<JsonElement> answer;
        using (mesh.Pause(mesh.Sidecars[0]))
        {
            Say("the sidecar of the router hangs");
            answer = People.HaltAsync(halt);
            await EndedAsync(streams);
            Say("the streams have ended");
            await RefusesAsync();
            await HaltedAsync(FaultyMesh.Nodes);
            await OnDiskAsync(halt, FaultyMesh.Nodes);
        }
        Say($"halted: {await answer}");
        await MeshFixture.Eventually(() => People.IsCommittedAsync($"halt/{halt.Hash}"), "the halt is in the ledger", Limit);
    }

    [SkippableFact]
    public async Task Without_a_quorum_it_halts_whom_it_reaches_and_commits_by_itself()
    {
        await WellAsync();
        using var end = new CancellationTokenSource(Limit);
        var streams = await StreamsAsync(end.Token);
        var halt = People.SignHalt("cleo");
        using (mesh.Pause("worker-1", "worker-2"))
        {
            Say("two of four witnesses hang");
            var answer = await People.HaltAsync(halt);
            await EndedAsync(streams);
            Say($"halted: {answer}");
            Assert.Equal(["governance", "router"], Names(answer, "reached").Order());
            Assert.Equal(["worker-1", "worker-2"], Names(answer, "unreached").Order());
            Assert.False(answer.GetProperty("committed").GetBoolean());
            Assert.InRange(answer.GetProperty("index").GetInt64(), 1, long.MaxValue);
            using var receipt = await mesh.Router.GetAsync($"/ledger/proof/halt/{halt.Hash}");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "quorum_unavailable"), (receipt.StatusCode, await People.CodeAsync(receipt)));
            await RefusesAsync();
        }
        await MeshFixture.Eventually(() => People.IsCommittedAsync($"halt/{halt.Hash}"), "the halt commits by itself", Limit);
        await HaltedAsync(FaultyMesh.Nodes);
        Say("committed, and halted everywhere");
    }

    [SkippableFact]
    public async Task Without_governance_it_halts_directly_and_governance_learns_of_it_from_the_nodes()
    {
        await WellAsync();
        using var end = new CancellationTokenSource(Limit);
        var streams = await StreamsAsync(end.Token);
        string[] told = ["router", "worker-1", "worker-2"];
        await using (mesh.KeepDown("governance"))
        {
            var (code, said) = await MeshTool.RunAsync(mesh.Data, ["halt", "--yes", "--reason", "a test", "--as", "ben", "--direct", .. told.Select(n => UrlOf(n).ToString())]);
            Assert.True(code == 0, said);
            await EndedAsync(streams);
            Say("halted directly");
            await RefusesAsync();
            await HaltedAsync(told);
        }
        await MeshFixture.Eventually(async () => (await People.HaltsAsync()).Count == 1, "governance knows the halt", Limit);
        var halt = Assert.Single(await People.HaltsAsync());
        Assert.Equal("ben", halt.Requester);
        await MeshFixture.Eventually(() => People.IsCommittedAsync($"halt/{halt.Id}"), "the halt is in the ledger", Limit);
        await HaltedAsync(FaultyMesh.Nodes);
        Say("in the ledger");
    }

    [SkippableFact]
    public async Task A_router_that_is_cut_off_answers_changes_nothing_and_learns_of_the_halt_when_it_is_not()
    {
        await WellAsync();
        using var governance = new HttpClient { BaseAddress = UrlOf("governance"), Timeout = Limit };
        var halt = People.SignHalt("ben");
        Task<JsonElement> answer;
        // Its sidecar hangs too, so that the broker does not tell it either.
        using (mesh.Pause(mesh.Sidecars[0]))
        {
            using (mesh.Cut("router"))
            {
                await MeshFixture.Eventually(async () => await LeaseAsync() == "lost", "the router has lost its lease", Limit);
                Assert.Contains("42", await mesh.Router.AskAsync("What is 17 + 25?", "arithmetic"));
                Assert.Equal((HttpStatusCode.ServiceUnavailable, "no_lease"), await RegisterAsync());
                Say("cut off: it answers, and changes nothing");
                answer = People.HaltAsync(halt, governance);
                await HaltedAsync("governance", "worker-1", "worker-2");
                Assert.False(await IsHaltedAsync("router"));
            }
            await HaltedAsync("router");
            Say("it learned of the halt when it was not cut off any more");
            await RefusesAsync();
            await OnDiskAsync(halt, FaultyMesh.Nodes);
        }
        Assert.Contains("router", Names(await answer, "unreached"));
        await MeshFixture.Eventually(() => People.IsCommittedAsync($"halt/{halt.Hash}"), "the halt is in the ledger", Limit);
    }

    [SkippableFact]
    public async Task Where_no_call_gets_through_the_broker_tells()
    {
        await WellAsync();
        using var end = new CancellationTokenSource(Limit);
        var streams = await StreamsAsync(end.Token);
        using var governance = new HttpClient { BaseAddress = UrlOf("governance"), Timeout = Limit };
        var halt = People.SignHalt("cleo");
        string[] told = ["router", "worker-1", "worker-2"];
        using (mesh.Cut(told))
        {
            var answer = People.HaltAsync(halt, governance);
            if (mesh.OwnBroker is { } broker)
                await PublishAsync(halt, broker);
            await EndedAsync(streams);
            await HaltedAsync(told);
            Say("halted by the topic");
            await OnDiskAsync(halt, told);
            Assert.Equal(told, Names(await answer, "unreached").Order());
        }
        await MeshFixture.Eventually(() => People.IsCommittedAsync($"halt/{halt.Hash}"), "the halt is in the ledger", Limit);
    }

    [SkippableFact]
    public async Task Two_halts_are_two_entries_and_end_one_by_one()
    {
        await WellAsync();
        var (first, second) = (await People.HaltAsync("ben"), await People.HaltAsync("cleo"));
        Assert.Equal([first, second], (await People.HaltsAsync()).Select(h => h.Id));
        // Of three people one alone has ordered neither.
        Assert.Equal((HttpStatusCode.Forbidden, "own_proposal"), await People.ResumeAsync([first, second], "ada", "cleo"));
        Assert.Equal((HttpStatusCode.Forbidden, "own_proposal"), await People.ResumeAsync(first, "ben", "ada"));
        await MeshFixture.Eventually(async () => (await People.ResumeAsync(first, "ada", "cleo")).Status == HttpStatusCode.OK, "the first is resumed", Limit);
        await RefusesAsync();
        await HaltedAsync(FaultyMesh.Nodes);
        Assert.Equal((HttpStatusCode.OK, null), await People.ResumeAsync(second, "ada", "ben"));
        await WellAsync();
        await People.VerifyLedgerAsync($"halt/{first}", $"halt/{second}");
    }

    /// <summary>Nothing is halted, everything is up and answers. Halts that are in force end.</summary>
    private async Task WellAsync()
    {
        Skip.If(mesh.Missing is not null, mesh.Missing);
        Skip.IfNot(OperatingSystem.IsLinux(), "Processes are stopped by signals.");
        foreach (var resource in FaultyMesh.Nodes.Concat(mesh.Sidecars))
            await mesh.App.ResourceNotifications.WaitForResourceHealthyAsync(resource, WaitBehavior.WaitOnResourceUnavailable).WaitAsync(Limit);
        await People.ReadyAsync(Limit);
        await People.ResumeAllAsync(Limit);
        await MeshFixture.Eventually(async () => await LeaseAsync() == "held" && (await mesh.Router.ExpertsAsync()).Count(e => e.State == "ready") == 6, "six experts are ready", Limit);
        foreach (var node in FaultyMesh.Nodes)
            Assert.False(await IsHaltedAsync(node));
        Say("the mesh is well");
    }

    private async Task<EndlessStream[]> StreamsAsync(CancellationToken cancellationToken)
    {
        var streams = Enumerable.Range(0, 4).Select(n => new EndlessStream(mesh.Router, $"Tell me about {n} seas.", cancellationToken)).ToArray();
        await Task.WhenAll(streams.Select(s => s.Running)).WaitAsync(cancellationToken);
        return streams;
    }

    private static async Task EndedAsync(EndlessStream[] streams) => Assert.All(await Task.WhenAll(streams.Select(s => s.Ended)), code => Assert.Equal("mesh_halted", code));

    /// <summary>The router says nothing and changes nothing, and shows what is so.</summary>
    private async Task RefusesAsync()
    {
        using var asked = await mesh.Router.PostAsJsonAsync("/v1/chat/completions", RouterClient.Chat("What is 17 + 25?"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "mesh_halted"), (asked.StatusCode, await People.CodeAsync(asked)));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "mesh_halted"), await RegisterAsync());
        Assert.DoesNotContain(await mesh.Router.ExpertsAsync(), e => e.State is "loading" or "ready");
    }

    private async Task<(HttpStatusCode, string?)> RegisterAsync()
    {
        using var registered = await mesh.Router.PostAsJsonAsync("/mesh/experts", new { id = "another", model_path = "/nowhere/model.gguf" });
        return (registered.StatusCode, await People.CodeAsync(registered));
    }

    private async Task<string> LeaseAsync()
    {
        using var answer = await mesh.Router.GetAsync("/mesh/status");
        return answer.Headers.GetValues("x-mesh-lease").Single();
    }

    private Task HaltedAsync(params IEnumerable<string> nodes) => MeshFixture.Eventually(
        async () => (await Task.WhenAll(nodes.Select(IsHaltedAsync))).All(isHalted => isHalted), $"{string.Join(", ", nodes)} are halted", Limit);

    /// <summary>As the node itself says.</summary>
    private async Task<bool> IsHaltedAsync(string node)
    {
        using var http = new HttpClient { BaseAddress = UrlOf(node) };
        return (await http.GetFromJsonAsync<JsonElement>("/chorus/node")).GetProperty("halted").GetBoolean();
    }

    private Task OnDiskAsync(SignedAct<HaltOrder> halt, IEnumerable<string> nodes) =>
        MeshFixture.Eventually(() => Task.FromResult(nodes.All(node => IsOnDisk(halt, node))), $"{string.Join(", ", nodes)} have it on disk", Limit);

    private bool IsOnDisk(SignedAct<HaltOrder> halt, string node) =>
        Path.Combine(mesh.Data, "nodes", node, "halt.json") is var file && File.Exists(file) && File.ReadAllText(file).Contains(halt.Act.Nonce);

    private async Task PublishAsync(SignedAct<HaltOrder> halt, (string Resource, string Endpoint) at)
    {
        using var broker = mesh.App.CreateHttpClient(at.Resource, at.Endpoint);
        using var answer = await broker.PostAsJsonAsync("/v1.0/publish/pubsub/mesh-halt", new { note = halt.Note.ToString() });
        Assert.True(answer.IsSuccessStatusCode, $"{at.Resource}: {answer.StatusCode}");
    }

    private Uri UrlOf(string node) => mesh.App.GetEndpoint(node, "http");

    private static IEnumerable<string> Names(JsonElement answer, string field) => answer.GetProperty(field).EnumerateArray().Select(n => n.GetString()!);

    private void Say(string what) => output.WriteLine($"{_clock.Elapsed.TotalSeconds,6:0.0} s  {what}");
}

public sealed class HaltFaultsOnTheEmbeddedSidecar(FaultyEmbeddedMesh mesh, ITestOutputHelper output) : HaltFaults<FaultyEmbeddedMesh>(mesh, output);

public sealed class HaltFaultsOnRealDapr(FaultyDaprdMesh mesh, ITestOutputHelper output) : HaltFaults<FaultyDaprdMesh>(mesh, output);
