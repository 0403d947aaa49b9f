using System.Globalization;
using Dapr.Workflow;
using Dapr.Workflow.Abstractions;
using Dapr.Workflow.Worker;

namespace Mesh.Workflows.Ledger;

/// <summary>The package's factory, but every activity it makes goes through the ledger.</summary>
internal sealed class LedgerFactory(IWorkflowsFactory inner, ActivityLedger ledger, StoredResults stored) : IWorkflowsFactory
{
    public void RegisterWorkflow<TWorkflow>(string? name = null) where TWorkflow : class, IWorkflow => inner.RegisterWorkflow<TWorkflow>(name);

    public void RegisterWorkflow<TInput, TOutput>(string name, Func<WorkflowContext, TInput, Task<TOutput>> implementation) => inner.RegisterWorkflow(name, implementation);

    public void RegisterActivity<TActivity>(string? name = null) where TActivity : class, IWorkflowActivity => inner.RegisterActivity<TActivity>(name);

    public void RegisterActivity<TInput, TOutput>(string name, Func<WorkflowActivityContext, TInput, Task<TOutput>> implementation) => inner.RegisterActivity(name, implementation);

    public bool TryCreateWorkflow(TaskIdentifier identifier, IServiceProvider serviceProvider, out IWorkflow? workflow, out Exception? activationException) =>
        inner.TryCreateWorkflow(identifier, serviceProvider, out workflow, out activationException);

    public bool TryCreateActivity(TaskIdentifier identifier, IServiceProvider serviceProvider, out IWorkflowActivity? activity, out Exception? activationException)
    {
        if (!inner.TryCreateActivity(identifier, serviceProvider, out activity, out activationException))
            return false;
        activity = new Once(activity!, ledger, stored);
        return true;
    }

    private sealed class Once(IWorkflowActivity inner, ActivityLedger ledger, StoredResults stored) : IWorkflowActivity
    {
        public Type InputType => inner.InputType;
        public Type OutputType => inner.OutputType;

        public Task<object?> RunAsync(WorkflowActivityContext context, object? input)
        {
            // The package puts the step's number in place of a missing key, which the same step of the next execution has too.
            if (context.TaskExecutionKey == context.ScheduledEventId.ToString(CultureInfo.InvariantCulture))
                return inner.RunAsync(context, input);
            var key = new StepKey(context.InstanceId, context.TaskExecutionKey);
            return ledger.RunOnceAsync(key, () => stored.RunAsync(key, OutputType, () => inner.RunAsync(context, input)));
        }
    }
}
