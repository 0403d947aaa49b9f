using System.Net.Http.Json;
using System.Text.Json;
using Mesh.Contracts.Experts;
using Mesh.Governance.Canaries;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http;
using Microsoft.Extensions.DependencyInjection;
using Router.Api.Governance.Canary;

namespace Router.Api.Tests.Governance;

public sealed class CanaryTests
{
    private const string Path = "/v1/chat/completions";

    [Fact]
    public async Task Sessions_are_split_by_their_hash_and_both_sides_are_measured()
    {
        await using var router = await RouterHost.StartToysAsync();
        var canary = new CanarySettings(0.5, Configurations.Proposal, new() { Ensemble = new() { K = 1 } });
        await router.GovernAsync(Configurations.Of(1, new() { Ensemble = new() { K = 3 } }, canary));
        var ids = new List<(string Id, string Arm)>();
        for (var i = 0; i < 40; i++)
        {
            var answer = await AskAsync(router, i % 2 == 0 ? $"person-{i}" : null, null);
            var (id, arm, voters) = Read(answer);
            var session = i % 2 == 0 ? $"person-{i}" : id;
            Assert.Equal(canary.Takes(session) ? "candidate" : "control", arm);
            Assert.Equal(arm == "candidate" ? 1 : 3, voters);
            ids.Add((id, arm));
        }
        var report = Report(router);
        Assert.Equal(Configurations.Proposal, report.Proposal);
        foreach (var (arm, name) in new[] { (report.Control, "control"), (report.Candidate, "candidate") })
        {
            var sessions = ids.Count(i => i.Arm == name);
            Assert.InRange(sessions, 1, 39);
            Assert.Equal((sessions, 0, sessions, sessions, 0), (arm.Sessions, arm.Errors, arm.Own.Count, arm.Prompt.Count, arm.Feedback.Count));
            Assert.InRange(arm.Latencies.Sum(), sessions, 8 * sessions);
            Assert.InRange(arm.Own.Mean, -20, 0);
            Assert.InRange(arm.Prompt.Mean, -20, 0);
        }
        await FeedbackAsync(router, ids.First(i => i.Arm == "candidate").Id, "down");
        await FeedbackAsync(router, ids.First(i => i.Arm == "control").Id, "up");
        await FeedbackAsync(router, "chatcmpl-nobody", "up");
        report = Report(router);
        Assert.Equal((1L, 1.0, 1L, -1.0), (report.Control.Feedback.Count, report.Control.Feedback.Sum, report.Candidate.Feedback.Count, report.Candidate.Feedback.Sum));
        // The node tells it as JSON, snake_case.
        var told = router.Services.GetRequiredService<ICanaryReport>().Report()!;
        Assert.Equal(report.Control.Sessions, told["control"]!["sessions"]!.GetValue<long>());
        Assert.Equal(LatencyBuckets.Count, told["candidate"]!["latencies"]!.AsArray().Count);
        Assert.Equal(report.Candidate.Own.Squares, told["candidate"]!["own"]!["squares"]!.GetValue<double>());
    }

    [Fact]
    public async Task A_header_names_the_session_before_the_user_does()
    {
        await using var router = await RouterHost.StartToysAsync();
        var canary = new CanarySettings(0.5, Configurations.Proposal, new());
        await router.GovernAsync(Configurations.Of(1, null, canary));
        var taken = Enumerable.Range(0, 100).Select(i => $"s{i}").First(canary.Takes);
        var left = Enumerable.Range(0, 100).Select(i => $"s{i}").First(s => !canary.Takes(s));
        Assert.Equal("candidate", Read(await AskAsync(router, left, taken)).Arm);
        Assert.Equal("control", Read(await AskAsync(router, taken, left)).Arm);
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Headers = { { "x-mesh-session", new string('x', 513) } }, Content = JsonContent.Create(Body(null)) };
        Assert.Equal("x-mesh-session", (await RouterHost.ErrorAsync(await router.Client.SendAsync(request), 400)).GetProperty("param").GetString());
    }

    [Fact]
    public async Task Another_proposal_begins_at_nothing_and_none_measures_nothing()
    {
        await using var router = await RouterHost.StartToysAsync();
        await router.GovernAsync(Configurations.Of(1, null, new(1, Configurations.Proposal, new())));
        await AskAsync(router, null, null);
        Assert.Equal(1, Report(router).Candidate.Sessions);
        var other = new string('0', 64);
        await router.GovernAsync(Configurations.Of(2, null, new(1, other, new())));
        Assert.Equal((other, 0L), (Report(router).Proposal, Report(router).Candidate.Sessions));
        await router.GovernAsync(Configurations.Of(3));
        Assert.Null(router.Services.GetRequiredService<ICanaryReport>().Report());
        Assert.Equal("control", Read(await AskAsync(router, null, null)).Arm);
    }

    [Fact]
    public async Task Only_candidate_sessions_meet_an_expert_that_is_tried_and_miss_one_that_would_go()
    {
        await using var router = await RouterHost.StartToysAsync();
        ExpertSpec delta = new() { Id = ExpertId.Parse("delta"), ModelPath = "delta.gguf" }, absent = new() { Id = ExpertId.Parse("absent"), ModelPath = "absent.gguf" };
        await router.GovernAsync(Configurations.Of(1, null, new(1, Configurations.Proposal, new() { Experts = new() { Admitted = [delta], Removed = [ExpertId.Parse("alpha")] } })));
        Assert.Equal(["beta", "delta", "gamma"], Names(await AskAsync(router, null, null)));
        Assert.Equal([delta], router.Experts.Governed!.Value.Admitted);
        await router.GovernAsync(Configurations.Of(2, null, new(1e-9, Configurations.Proposal, new() { Experts = new() { Admitted = [delta] } })));
        Assert.Equal(["alpha", "beta", "gamma"], Names(await AskAsync(router, null, null)));
        // Nobody is a candidate before the expert is there.
        await router.GovernAsync(Configurations.Of(3, null, new(1, Configurations.Proposal, new() { Experts = new() { Admitted = [absent] } })));
        Assert.Equal("control", Read(await AskAsync(router, null, null)).Arm);
    }

    [Fact]
    public async Task A_candidate_out_of_range_is_not_tried_and_the_control_goes_on()
    {
        await using var router = await RouterHost.StartToysAsync();
        await router.GovernAsync(Configurations.Of(1, new() { Ensemble = new() { K = 2 } }, new(1, Configurations.Proposal, new() { Ensemble = new() { K = 99 } })));
        Assert.Equal(("control", 2), (Read(await AskAsync(router, null, null)).Arm, Read(await AskAsync(router, null, null)).Voters));
        var governance = (await router.StatusAsync()).GetProperty("governance");
        Assert.Contains("K is 99", governance.GetProperty("fault").GetString());
        Assert.False(governance.GetProperty("canary").GetProperty("tried").GetBoolean());
    }

    [Fact]
    public async Task An_answer_that_fails_is_an_error_of_its_side_and_one_that_was_refused_is_not()
    {
        await using var router = await RouterHost.StartToysAsync(settings: ["--Mesh:Ensemble:NoExpertGrace=00:00:00.050"]);
        await router.GovernAsync(Configurations.Of(1, null, new(1, Configurations.Proposal, Configurations.Quarantine("alpha", "beta", "gamma", "delta"))));
        await RouterHost.ErrorAsync(await router.Client.PostAsJsonAsync(Path, Body(null)), 503);
        await RouterHost.ErrorAsync(await router.PostAsync(Path, """{"model":"mesh","temperature":9,"messages":[{"role":"user","content":"Hi"}]}"""), 400);
        Assert.Equal((1L, 1L, 0L), (Report(router).Candidate.Sessions, Report(router).Candidate.Errors, Report(router).Control.Sessions));
    }

    [Theory]
    [InlineData("""{"model":"mesh","max_tokens":4,"mesh":{"k":2},"prompt":"Hi there"}""")]
    [InlineData("""{"model":"mesh","max_tokens":4,"mesh":{"experts":["alpha"]},"prompt":"Hi there"}""")]
    [InlineData("""{"model":"alpha","max_tokens":4,"prompt":"Hi there"}""")]
    [InlineData("""{"model":"mesh","max_tokens":0,"echo":true,"logprobs":0,"prompt":"Hi there"}""")]
    public async Task What_the_candidate_did_not_answer_by_its_settings_is_not_measured(string body)
    {
        await using var router = await RouterHost.StartToysAsync();
        await router.GovernAsync(Configurations.Of(1, null, new(1, Configurations.Proposal, new() { Ensemble = new() { K = 1 } })));
        using var answer = await router.PostAsync("/v1/completions", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        Assert.Equal((0L, 0L), (Report(router).Candidate.Sessions, Report(router).Candidate.Own.Count));
        Assert.Equal(0, Report(router).Candidate.Latencies.Sum());
    }

    [Fact]
    public async Task One_completion_is_voted_on_once()
    {
        await using var router = await RouterHost.StartToysAsync();
        await router.GovernAsync(Configurations.Of(1, null, new(1, Configurations.Proposal, new())));
        var (first, second) = (Read(await AskAsync(router, null, null)).Id, Read(await AskAsync(router, null, null)).Id);
        foreach (var vote in new[] { "down", "down", "up", "down" })
            await FeedbackAsync(router, first, vote);
        await FeedbackAsync(router, second, "up");
        Assert.Equal((2L, 0.0), (Report(router).Candidate.Feedback.Count, Report(router).Candidate.Feedback.Sum));
    }

    private static CanaryReport Report(RouterHost router) => router.Services.GetRequiredService<CanaryMeter>().Read()!;

    private static object Body(string? user) => new { model = "mesh", max_tokens = 8, user, mesh = new { trace = true }, messages = new[] { new { role = "user", content = "Hi there" } } };

    private static async Task<JsonElement> AskAsync(RouterHost router, string? user, string? session)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = JsonContent.Create(Body(user)) };
        if (session is not null)
            request.Headers.Add("x-mesh-session", session);
        using var response = await router.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private static async Task FeedbackAsync(RouterHost router, string id, string vote) =>
        Assert.True((await router.Client.PostAsJsonAsync("/mesh/feedback", new { vote, completion_id = id })).IsSuccessStatusCode);

    private static (string Id, string Arm, int Voters) Read(JsonElement answer) =>
        (answer.GetProperty("id").GetString()!, answer.GetProperty("choices")[0].GetProperty("mesh").GetProperty("arm").GetString()!, Names(answer).Length);

    private static string[] Names(JsonElement answer) => [.. answer.GetProperty("choices")[0].GetProperty("mesh").GetProperty("tokens").EnumerateArray().Last()
        .GetProperty("votes").EnumerateArray().Where(v => v.GetProperty("dropped").ValueKind == JsonValueKind.Null).Select(v => v.GetProperty("expert").GetString()!).Order()];
}
