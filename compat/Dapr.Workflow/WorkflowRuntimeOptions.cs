using Dapr.Workflow.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Workflow;

/// <summary>The workflows and activities this app runs. Names ignore case; all workers of one app id must register the same ones.</summary>
public sealed class WorkflowRuntimeOptions
{
    internal Dictionary<string, Func<IWorkflow>> Workflows { get; } = new(StringComparer.OrdinalIgnoreCase);
    internal Dictionary<string, Func<IServiceProvider, IWorkflowActivity>> Activities { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Sees every turn this worker answers; tests record histories with it.</summary>
    internal Action<Wire.OrchestratorRequest, Wire.OrchestratorResponse>? OnTurn { get; set; }

    public void RegisterWorkflow<TWorkflow>(string? name = null) where TWorkflow : class, IWorkflow, new() =>
        Add(Workflows, name ?? typeof(TWorkflow).Name, static () => new TWorkflow());

    public void RegisterWorkflow<TInput, TOutput>(string name, Func<WorkflowContext, TInput, Task<TOutput>> implementation)
    {
        var workflow = new DelegateWorkflow<TInput, TOutput>(implementation);
        Add(Workflows, name, () => workflow);
    }

    /// <summary>The activity is built per call, in a scope of its own.</summary>
    public void RegisterActivity<TActivity>(string? name = null) where TActivity : class, IWorkflowActivity =>
        Add(Activities, name ?? typeof(TActivity).Name, static services => ActivatorUtilities.GetServiceOrCreateInstance<TActivity>(services));

    public void RegisterActivity<TInput, TOutput>(string name, Func<WorkflowActivityContext, TInput, Task<TOutput>> implementation)
    {
        var activity = new DelegateActivity<TInput, TOutput>(implementation);
        Add(Activities, name, _ => activity);
    }

    private static void Add<T>(Dictionary<string, T> names, string name, T factory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!names.TryAdd(name, factory))
            throw new ArgumentException($"'{name}' is registered already (case is ignored).", nameof(name));
    }
}
