using Microsoft.SemanticKernel;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Policy;

/// <summary>
/// Before every function that a kernel calls: what is no tool of the table, or above the sandbox, is not run. The tools' own bodies go through <see cref="ToolGate.CallAsync"/>, so that one
/// called as a plain AIFunction, which no filter sees, is checked as well.
/// </summary>
internal sealed class PolicyFilter(ToolGate gate) : IFunctionInvocationFilter, IAutoFunctionInvocationFilter
{
    /// <summary>A model that was told that people stopped the mesh is asked nothing more.</summary>
    public async Task OnAutoFunctionInvocationAsync(AutoFunctionInvocationContext context, Func<AutoFunctionInvocationContext, Task> next)
    {
        try
        {
            await next(context);
        }
        catch (Exception stop) when (stop is PolicyRefusedException { Code: PolicyRefusedException.Halted } or BudgetSpentException)
        {
            context.Terminate = true;
            throw;
        }
    }

    public async Task OnFunctionInvocationAsync(FunctionInvocationContext context, Func<FunctionInvocationContext, Task> next)
    {
        if (gate.Refuses(context.Function.Name) is { } refused)
        {
            gate.Note(context.Function.Name, context.Arguments.ToDictionary(a => a.Key, a => a.Value?.ToString()), refused);
            context.Result = new FunctionResult(context.Function, $"Refused: {refused.Message}");
            return;
        }
        await next(context);
    }
}
