using Microsoft.Extensions.Time.Testing;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Tests.Policy;

public sealed class ToolGateTests
{
    private readonly FakeStanding _mesh = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private int _done;

    [Fact]
    public async Task A_tool_of_the_table_is_done_and_noted_with_its_arguments_by_hash()
    {
        var gate = Samples.Gate(_mesh, _time);
        Assert.Equal(1, await CallAsync(gate, ToolTable.ScoreText, tokens: 7));
        Assert.Equal(new Spent(1, 7), gate.Spent with { Seconds = 0 });
        var decision = Assert.Single(gate.Decisions);
        Assert.Equal((ToolTable.ScoreText, Decision.Allowed, 64), (decision.Tool, decision.Verdict, decision.Arguments.Length));
        Assert.DoesNotContain("secret", decision.ToString());
    }

    [Theory]
    [InlineData("rm_rf", PolicyRefusedException.UnknownTool, Decision.Refused)]
    [InlineData("", PolicyRefusedException.UnknownTool, Decision.Refused)]
    [InlineData("SCORE_TEXT", PolicyRefusedException.UnknownTool, Decision.Refused)]
    [InlineData(ToolTable.ApplyFinding, PolicyRefusedException.NeedsPeople, Decision.Proposal)]
    public async Task What_is_no_tool_or_changes_the_mesh_is_not_done(string tool, string code, string verdict)
    {
        var gate = Samples.Gate(_mesh, _time);
        Assert.Equal(code, (await Assert.ThrowsAsync<PolicyRefusedException>(() => CallAsync(gate, tool))).Code);
        Assert.Equal(verdict, Assert.Single(gate.Decisions).Verdict);
        Assert.Equal((0, 0L), (_done, gate.Spent.Calls));
    }

    [Theory]
    [InlineData(PolicyRefusedException.Halted)]
    [InlineData(PolicyRefusedException.NoLease)]
    public async Task Nothing_is_done_while_the_mesh_is_halted_or_nobody_knows(string code)
    {
        var gate = Samples.Gate(_mesh, _time);
        _mesh.Refusal = new(code, "not now");
        foreach (var tool in ToolTable.Names.Where(t => t != ToolTable.ApplyFinding))
            Assert.Equal(code, (await Assert.ThrowsAsync<PolicyRefusedException>(() => CallAsync(gate, tool))).Code);
        Assert.Equal(0, _done);
        Assert.All(gate.Decisions, d => Assert.Equal(Decision.Refused, d.Verdict));
        _mesh.Refusal = null;
        Assert.Equal(1, await CallAsync(gate, ToolTable.ReadMesh));
    }

    [Fact]
    public async Task Calls_tokens_and_seconds_are_bounded_over_all_steps_of_a_run()
    {
        var calls = new ToolGate(new(3, 1000, 60), new(2), _mesh, _time);
        await CallAsync(calls, ToolTable.ReadMesh);
        await Assert.ThrowsAsync<BudgetSpentException>(() => CallAsync(calls, ToolTable.ReadMesh));
        var tokens = new ToolGate(new(100, 10, 60), new(0, 4), _mesh, _time);
        await Assert.ThrowsAsync<BudgetSpentException>(() => CallAsync(tokens, ToolTable.ScoreText, tokens: 7));
        await CallAsync(tokens, ToolTable.ScoreText, tokens: 6);
        await CallAsync(tokens, ToolTable.ScoreText, tokens: -1000);   // nobody earns any back
        await Assert.ThrowsAsync<BudgetSpentException>(() => CallAsync(tokens, ToolTable.ScoreText, tokens: 1));
        var seconds = new ToolGate(new(100, 1000, 60), new(0, 0, 55), _mesh, _time);
        await seconds.CallAsync(ToolTable.AskMesh, new { }, 0, _ =>
        {
            _time.Advance(TimeSpan.FromSeconds(6));
            return Task.FromResult(0);
        }, default);
        await Assert.ThrowsAsync<BudgetSpentException>(() => CallAsync(seconds, ToolTable.AskMesh));
    }

    [Fact]
    public async Task Many_at_once_get_no_more_than_the_budget_has()
    {
        var gate = new ToolGate(new(10, 1000, 60), new(), _mesh, _time);
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            try
            {
                await gate.CallAsync(ToolTable.ScoreText, new { }, 1, async _ =>
                {
                    await Task.Yield();
                    return Interlocked.Increment(ref _done);
                }, default);
                return true;
            }
            catch (BudgetSpentException)
            {
                return false;
            }
        }));
        Assert.Equal((10, 10), (results.Count(r => r), _done));
    }

    [Fact]
    public async Task A_loop_that_is_refused_on_and_on_fills_nothing()
    {
        var gate = new ToolGate(new(5, 1000, 60), new(), _mesh, _time);
        for (var i = 0; i < 2 * ToolGate.MostDecisions; i++)
            await Assert.ThrowsAnyAsync<Exception>(() => CallAsync(gate, new string('x', 5000)));
        Assert.Equal(ToolGate.MostDecisions, gate.Decisions.Count);
        Assert.All(gate.Decisions, d => Assert.InRange(d.Tool.Length, 1, 64));
    }

    private Task<int> CallAsync(ToolGate gate, string tool, long tokens = 0) => gate.CallAsync(tool, new { text = "secret" }, tokens, _ => Task.FromResult(++_done), default);
}
