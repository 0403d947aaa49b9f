namespace Dapr.Workflow;

/// <summary>What the runtime needs of a workflow; implement <see cref="Workflow{TInput,TOutput}"/>.</summary>
public interface IWorkflow
{
    Type InputType { get; }
    Type OutputType { get; }
    Task<object?> RunAsync(WorkflowContext context, object? input);
}

/// <summary>A durable workflow. Its code runs many times over its history: it may await only tasks of the context and must take time, ids and randomness from there.</summary>
public abstract class Workflow<TInput, TOutput> : IWorkflow
{
    Type IWorkflow.InputType => typeof(TInput);
    Type IWorkflow.OutputType => typeof(TOutput);

    async Task<object?> IWorkflow.RunAsync(WorkflowContext context, object? input) => await RunAsync(context, (TInput)input!);

    public abstract Task<TOutput> RunAsync(WorkflowContext context, TInput input);
}
