using Microsoft.SemanticKernel;

namespace SelfPrompt.Agent.Policy;

/// <summary>
/// Before every function that a kernel calls: what is no tool of the table, or above the sandbox, is not run. The tools' own bodies go through <see cref="ToolGate.CallAsync"/>, so that one
/// called as a plain AIFunction, which no filter sees, is checked as well.
/// </summary>
internal sealed class PolicyFilter(ToolGate gate) : IFunctionInvocationFilter
{
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
