using System.Net;
using Microsoft.Extensions.Time.Testing;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Tests.Sandboxing;

public sealed class RouterSandboxTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly FakeStanding _standing = new();

    [Theory, InlineData(400, "context_length_exceeded"), InlineData(413, "body_too_large")]
    public async Task A_text_that_the_router_refuses_has_no_scores_and_no_answer(int status, string code)
    {
        var sandbox = Sandbox(new(_ => ScriptedRouter.Refusal((HttpStatusCode)status, code)));
        Assert.Empty(await sandbox.ScoreAsync("🦄🦄🦄", null, null, default));
        Assert.Empty((await sandbox.TokenizeAsync("🦄🦄🦄", default)).Tokens);
        Assert.Null(await sandbox.AskAsync("🦄🦄🦄", 8, 1, null, default));
    }

    [Theory, InlineData(404, "model_not_found"), InlineData(503, "no_experts")]
    public async Task An_expert_that_is_away_has_no_scores_and_nobody_waits_for_it(int status, string code)
    {
        var router = new ScriptedRouter(_ => ScriptedRouter.Refusal((HttpStatusCode)status, code, retryAfter: 5));
        Assert.Empty(await Sandbox(router).ScoreAsync("a text", null, "unix", default));
        Assert.Equal(1, router.Requests);
    }

    [Theory, InlineData(401, "invalid_api_key"), InlineData(403, "foreign_host"), InlineData(503, MeshClient.Halted), InlineData(500, "internal_error")]
    public async Task What_is_no_fault_of_the_text_ends_the_step(int status, string code)
    {
        var sandbox = Sandbox(new(_ => ScriptedRouter.Refusal((HttpStatusCode)status, code)));
        Assert.Equal(code, (await Assert.ThrowsAsync<MeshAnswerException>(() => sandbox.ScoreAsync("a text", null, "unix", default))).Code);
    }

    [Fact]
    public async Task Scores_are_read()
    {
        var sandbox = Sandbox(new(_ => ScriptedRouter.Ok("""{"choices":[{"logprobs":{"token_logprobs":[null,-1.5,-2]}}]}""")));
        Assert.Equal((double[])[-1.5, -2], await sandbox.ScoreAsync("a text", null, null, default));
    }

    [Fact]
    public async Task The_agents_own_work_goes_on_while_the_mesh_does()
    {
        var sandbox = Sandbox(new(_ => throw new InvalidOperationException("Nothing is asked for it.")));
        await sandbox.CheckAsync(default);
        _standing.Refusal = new(PolicyRefusedException.Halted, "halted");
        await Assert.ThrowsAsync<PolicyRefusedException>(() => sandbox.CheckAsync(default));
    }

    private RouterSandbox Sandbox(ScriptedRouter router) => new(router.Client(_time), Samples.Gate(_standing, _time));
}
