namespace Dapr.Workflow;

/// <summary>What the runtime needs of an activity; implement <see cref="WorkflowActivity{TInput,TOutput}"/>.</summary>
public interface IWorkflowActivity
{
    Type InputType { get; }
    Type OutputType { get; }
    Task<object?> RunAsync(WorkflowActivityContext context, object? input);
}

/// <summary>A step of a workflow. It runs at least once, on any worker of the app: make its effects idempotent.</summary>
public abstract class WorkflowActivity<TInput, TOutput> : IWorkflowActivity
{
    Type IWorkflowActivity.InputType => typeof(TInput);
    Type IWorkflowActivity.OutputType => typeof(TOutput);

    async Task<object?> IWorkflowActivity.RunAsync(WorkflowActivityContext context, object? input) => await RunAsync(context, (TInput)input!);

    public abstract Task<TOutput> RunAsync(WorkflowActivityContext context, TInput input);
}

/// <summary>Who asked for the activity.</summary>
public abstract class WorkflowActivityContext
{
    /// <summary>The workflow that scheduled this activity.</summary>
    public abstract string InstanceId { get; }
}
