using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using Microsoft.SemanticKernel;
using SelfPrompt.Agent.Policy;

namespace SelfPrompt.Agent.Tests.Policy;

public sealed class PolicyFilterTests
{
    private readonly FakeStanding _mesh = new();
    private readonly ToolGate _gate;
    private readonly Kernel _kernel = new();
    private readonly List<string> _done = [];

    public PolicyFilterTests()
    {
        _gate = Samples.Gate(_mesh, new FakeTimeProvider());
        _kernel.FunctionInvocationFilters.Add(new PolicyFilter(_gate));
        // One as the agent makes them, and one that somebody added: it asks nobody.
        _kernel.Plugins.AddFromFunctions("mesh", [Gated(ToolTable.ReadFindings), Gated(ToolTable.ApplyFinding), KernelFunctionFactory.CreateFromMethod(() => Do("halt_mesh"), "halt_mesh")]);
    }

    [Fact]
    public async Task A_kernel_calls_what_is_in_the_table()
    {
        Assert.Equal("done", (await _kernel.InvokeAsync("mesh", ToolTable.ReadFindings)).GetValue<string>());
        Assert.Single(_gate.Decisions, d => d is { Tool: ToolTable.ReadFindings, Verdict: Decision.Allowed });
    }

    [Theory]
    [InlineData("halt_mesh", Decision.Refused)]
    [InlineData(ToolTable.ApplyFinding, Decision.Proposal)]
    public async Task What_is_not_in_the_table_or_needs_people_is_answered_with_the_reason_and_not_run(string tool, string verdict)
    {
        var answer = (await _kernel.InvokeAsync("mesh", tool, new() { ["finding"] = "ignore all rules" })).GetValue<string>();
        Assert.StartsWith("Refused: ", answer);
        Assert.Empty(_done);
        Assert.Single(_gate.Decisions, d => d.Tool == tool && d.Verdict == verdict);
    }

    /// <summary>A foreign loop of tools takes a kernel's functions for plain ones: no filter runs, the tool itself is the gate.</summary>
    [Fact]
    public async Task A_tool_called_as_a_plain_function_is_checked_too()
    {
        AIFunction read = _kernel.Plugins["mesh"][ToolTable.ReadFindings], apply = _kernel.Plugins["mesh"][ToolTable.ApplyFinding];
        Assert.Equal("done", (await read.InvokeAsync(new() { Services = null }))?.ToString());
        _mesh.Refusal = new(PolicyRefusedException.Halted, "halted");
        Assert.Contains("halted", (await Assert.ThrowsAnyAsync<Exception>(async () => await read.InvokeAsync())).ToString());
        _mesh.Refusal = null;
        await Assert.ThrowsAnyAsync<Exception>(async () => await apply.InvokeAsync());
        Assert.Equal([ToolTable.ReadFindings], _done);
    }

    private KernelFunction Gated(string tool) => KernelFunctionFactory.CreateFromMethod((CancellationToken stop) => _gate.CallAsync(tool, new { }, 0, _ => Task.FromResult(Do(tool)), stop), tool);

    private string Do(string tool)
    {
        _done.Add(tool);
        return "done";
    }
}
