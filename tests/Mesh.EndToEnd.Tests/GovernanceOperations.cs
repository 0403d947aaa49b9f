using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Mesh.Contracts.Experts;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Ledger.Signing;

namespace Mesh.EndToEnd.Tests;

/// <summary>Each operation does what it says, seen at the router: over its API, as people ask for it and vote on it.</summary>
public sealed class GovernanceOperations(EmbeddedMesh mesh) : IClassFixture<EmbeddedMesh>, IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);
    private static readonly ExpertId Lexicon = ExpertId.Parse("lexicon"), Scribe = ExpertId.Parse("scribe");
    private People _people = null!;

    /// <summary>The rules themselves first: nothing is reviewed for longer than it is voted on, and a canary takes few sessions.</summary>
    public async Task InitializeAsync()
    {
        _people = await new People(mesh.Router, mesh.Data).ReadyAsync(Limit);
        if ((await _people.ConfigurationAsync()).Policy is { MajorReviewSeconds: > 0 } policy)
            await ChangeAsync(new SetPolicy(policy with { MajorReviewSeconds = 0, CanarySessions = 2 }));
        Assert.Equal((0, 2), (await _people.ConfigurationAsync()).Policy is var now ? (now.MajorReviewSeconds, now.CanarySessions) : default);
    }

    public Task DisposeAsync() => _people.VerifyLedgerAsync();

    [Fact]
    public async Task An_expert_in_quarantine_has_no_vote_until_it_is_released()
    {
        Assert.Contains("lexicon", await VotersAsync());
        await ChangeAsync(new QuarantineExpert(Lexicon, "its definitions are wrong"));
        Assert.DoesNotContain("lexicon", await VotersAsync());
        Assert.Equal("quarantined", (await mesh.Router.ExpertsAsync()).Single(e => e.Id == "lexicon").State);
        await ChangeAsync(new ReleaseExpert(Lexicon));
        Assert.Contains("lexicon", await VotersAsync());
    }

    [Fact]
    public async Task Phases_follow_their_thresholds_and_fall_back_to_one_expert_below()
    {
        await ChangeAsync(new SetPhase(0));   // no canary: one expert is worse than several, on purpose
        Assert.Equal((0, 0, false), await PhaseAsync());
        Assert.Single(await VotersAsync());
        await ChangeAsync(new SetPhase(3));   // 4 experts or more
        Assert.Equal((3, 3, false), await PhaseAsync());
        Assert.True((await VotersAsync()).Length > 1);
        string[] off = ["code", "scripture", "unix"];
        foreach (var expert in off)
            await OkAsync(mesh.Router.PostAsync($"/mesh/experts/{expert}/offline", null));
        var degraded = (await StatusAsync()).GetProperty("governance").GetProperty("phase");
        Assert.Equal((3, true, 3, 4), (degraded.GetProperty("set").GetInt32(), degraded.GetProperty("degraded").GetBoolean(), degraded.GetProperty("experts_online").GetInt32(), degraded.GetProperty("needed").GetInt32()));
        Assert.Single(await VotersAsync());
        Assert.True((await TraceAsync()).GetProperty("degraded").GetBoolean());
        // Nor is a phase begun that lacks experts: it is said with its number.
        foreach (var expert in off)
            await OkAsync(mesh.Router.PostAsync($"/mesh/experts/{expert}/online", null));
        Assert.Equal((3, 3, false), await PhaseAsync());
    }

    [Fact]
    public async Task An_expert_is_admitted_from_a_file_answers_and_is_removed()
    {
        await ChangeAsync(new AdmitExpert(new() { Id = Scribe, ModelPath = Path.GetFullPath(Path.Combine(Checkout.Root, "models", "generalist.gguf")) }));
        await MeshFixture.Eventually(async () => (await mesh.Router.ExpertsAsync()).Any(e => e is { Id: "scribe", State: "ready" }), "the new expert is ready", Limit);
        Assert.NotEmpty(await mesh.Router.AskAsync("Define water.", "scribe"));
        await ChangeAsync(new RemoveExpert(Scribe));
        await MeshFixture.Eventually(async () => (await mesh.Router.ExpertsAsync()).All(e => e.Id != "scribe"), "it is gone", Limit);
    }

    [Fact]
    public async Task A_gate_file_is_taken_by_its_hash_and_given_back()
    {
        // The same gate in another dress: what changes is the file.
        var bytes = await File.ReadAllBytesAsync(Path.Combine(Checkout.Root, "models", "gate.json"));
        using var stored = await mesh.Router.PutAsync("/governance/artifacts", new ByteArrayContent([.. bytes, (byte)'\n']) { Headers = { ContentType = new("application/octet-stream") } });
        var hash = (await stored.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("hash").GetString()!;
        await ChangeAsync(new SetGate(hash));
        Assert.Equal(hash, (await _people.ConfigurationAsync()).Routing.Gate);
        Assert.True(File.Exists(Path.Combine(mesh.Data, "gates", hash + ".json")));
        Assert.Equal("learned", (await StatusAsync()).GetProperty("ensemble").GetProperty("gate").GetString());
        await ChangeAsync(new SetGate());
        Assert.Null((await _people.ConfigurationAsync()).Routing.Gate);
    }

    [Fact]
    public async Task Settings_are_evaluated_away_from_traffic()
    {
        var before = (await _people.ConfigurationAsync()).Version;
        var hash = await _people.ProposeAsync("ada", new EvaluateRouting(new() { K = 1 }));
        await _people.ApproveOpenAsync(hash, "ben", "cleo");
        await MeshFixture.Eventually(async () => (await _people.ShowAsync(hash)).TryGetProperty("outcome", out var outcome) && outcome.GetString()!.Contains("Perplexity"), "the finding is reported", Limit);
        Assert.Equal(before, (await _people.ConfigurationAsync()).Version);
    }

    [Fact]
    public async Task Members_come_get_roles_and_keys_and_go()
    {
        using var first = SigningKey.Create("dan");
        using var second = SigningKey.Create("dan");
        using var none = SigningKey.Create("nobody");
        await ChangeAsync(new AddMember(new("dan", first.Verifier.Text, [Role.Oncall])));
        var hash = await _people.ProposeAsync("ada", new SetEnsemble(new() { Hysteresis = 0.25 }));
        Assert.Equal((HttpStatusCode.Forbidden, "wrong_role"), await _people.VoteAsync(first, hash, VoteChoice.Approve));
        await ChangeAsync(new SetRoles("dan", [Role.Approver]));
        await ChangeAsync(new RotateKey("dan", second.Verifier.Text));   // whom it is about has no vote on it
        Assert.Equal((HttpStatusCode.Forbidden, "wrong_signature"), await _people.VoteAsync(first, hash, VoteChoice.Approve));
        Assert.Equal((HttpStatusCode.OK, null), await _people.VoteAsync(second, hash, VoteChoice.Approve));
        await ChangeAsync(new RevokeMember("dan"));
        Assert.Equal((HttpStatusCode.Forbidden, "unknown_member"), await _people.VoteAsync(none, hash, VoteChoice.Approve));
        Assert.DoesNotContain("dan", (await _people.ConfigurationAsync()).Members.Select(m => m.Name));
    }

    [Fact]
    public async Task Witnesses_are_admitted_and_removed_and_the_quorum_follows()
    {
        using var key = SigningKey.Create("worker-9");
        Assert.Equal(3, await NeededAsync());
        await ChangeAsync(new AdmitNode(new("worker-9", key.Verifier.As(KeyKind.Cosignature).Text, NodeKind.Worker)));
        Assert.Equal(3, await NeededAsync());   // of 5
        var policy = (await _people.ConfigurationAsync()).Policy;
        await ChangeAsync(new SetPolicy(policy with { WitnessLiars = 1 }));
        await MeshFixture.Eventually(async () => await NeededAsync() == 4, "four of five commit where one may lie", Limit);
        await ChangeAsync(new SetPolicy(policy));
        await ChangeAsync(new RemoveNode("worker-9"));
        await MeshFixture.Eventually(async () => await NeededAsync() == 3, "three of four commit", Limit);
    }

    /// <summary>Proposed by ada, approved by every other approver, and in force at the router.</summary>
    private async Task ChangeAsync(Operation operation)
    {
        var hash = await _people.ProposeAsync("ada", operation);
        await _people.ApproveOpenAsync(hash, "ben", "cleo");
        JsonElement shown = default;
        await MeshFixture.Eventually(async () =>
        {
            shown = await _people.ShowAsync(hash);
            if (shown.GetProperty("status").GetString() == "deploying")
                await Task.WhenAll(Enumerable.Range(11, 4).Select(n => mesh.Router.AskAsync($"What is {n} + 25?")));
            return shown.GetProperty("status").GetString() is not ("open" or "approved" or "deploying");
        }, $"{operation} is over", Limit);
        Assert.True(shown.GetProperty("status").GetString() == "promoted", $"{operation}: {shown}");
        var version = (await _people.ConfigurationAsync()).Version;
        await MeshFixture.Eventually(async () => await _people.RunningAsync() >= version, "the router runs the new version", Limit);
    }

    private async Task<JsonElement> StatusAsync() => JsonElement.Parse(await mesh.Router.GetStringAsync("/mesh/status"));

    private async Task<int> NeededAsync() => JsonElement.Parse(await mesh.Router.GetStringAsync("/governance/status")).GetProperty("quorum").GetProperty("needed").GetInt32();

    private async Task<(int, int, bool)> PhaseAsync()
    {
        var phase = (await StatusAsync()).GetProperty("governance").GetProperty("phase");
        return (phase.GetProperty("set").GetInt32(), phase.GetProperty("effective").GetInt32(), phase.GetProperty("degraded").GetBoolean());
    }

    private async Task<JsonElement> TraceAsync()
    {
        using var answer = await mesh.Router.PostAsJsonAsync(
            "/v1/chat/completions", new { model = "mesh", temperature = 0, max_tokens = 1, mesh = new { trace = true }, messages = new[] { new { role = "user", content = "What is 17 + 25?" } } });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("choices")[0].GetProperty("mesh");
    }

    /// <summary>Who was asked for the first token, which asks everyone it may.</summary>
    private async Task<string[]> VotersAsync() =>
        [.. (await TraceAsync()).GetProperty("tokens")[0].GetProperty("votes").EnumerateArray().Select(v => v.GetProperty("expert").GetString()!)];

    private static async Task OkAsync(Task<HttpResponseMessage> call)
    {
        using var answer = await call;
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
