using Microsoft.Extensions.Logging;

namespace Dapr.Workflow;

/// <summary>What a workflow knows without acting.</summary>
public interface IWorkflowContext
{
    string Name { get; }
    string InstanceId { get; }
    DateTime CurrentUtcDateTime { get; }
    bool IsReplaying { get; }
}

/// <summary>The only door between a workflow and the world: everything that is not computed from the input comes from here, so that a replay sees the same.</summary>
public abstract class WorkflowContext : IWorkflowContext
{
    public abstract string Name { get; }
    public abstract string InstanceId { get; }

    /// <summary>UTC time of the current turn; the same in every replay.</summary>
    public abstract DateTime CurrentUtcDateTime { get; }

    /// <summary>True while the code runs over events that an earlier turn already handled.</summary>
    public abstract bool IsReplaying { get; }

    /// <exception cref="WorkflowTaskFailedException">The activity failed and its retry policy, if any, is used up.</exception>
    public virtual Task CallActivityAsync(string name, object? input = null, WorkflowTaskOptions? options = null) =>
        CallActivityAsync<object>(name, input, options);

    /// <inheritdoc cref="CallActivityAsync(string, object?, WorkflowTaskOptions?)"/>
    public abstract Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null);

    /// <summary>Completes after <paramref name="delay"/>; real sidecars round to seconds and may fire up to 1 s early.</summary>
    public virtual Task CreateTimer(TimeSpan delay, CancellationToken cancellationToken = default) =>
        CreateTimer(CurrentUtcDateTime.Add(delay), cancellationToken);

    /// <summary>Completes at <paramref name="fireAt"/> (UTC).</summary>
    public abstract Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken);

    /// <summary>The next event of that name (case ignored), also one raised before this call; events of one name come first in, first out.</summary>
    public abstract Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default);

    /// <exception cref="TaskCanceledException">No such event came within <paramref name="timeout"/>.</exception>
    public abstract Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout);

    /// <summary>Raises an event to another workflow of this app; the workflow ends only after it is delivered. An unknown target is ignored.</summary>
    public abstract void SendEvent(string instanceId, string eventName, object payload);

    /// <summary>A JSON value that clients can read while the workflow runs.</summary>
    public abstract void SetCustomStatus(object? customStatus);

    /// <exception cref="WorkflowTaskFailedException">The child failed or was terminated.</exception>
    public virtual Task CallChildWorkflowAsync(string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null) =>
        CallChildWorkflowAsync<object>(workflowName, input, options);

    /// <inheritdoc cref="CallChildWorkflowAsync(string, object?, ChildWorkflowTaskOptions?)"/>
    public abstract Task<TResult> CallChildWorkflowAsync<TResult>(string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null);

    /// <summary>A logger that is silent during replay.</summary>
    public abstract ILogger CreateReplaySafeLogger(string categoryName);

    /// <inheritdoc cref="CreateReplaySafeLogger(string)"/>
    public virtual ILogger CreateReplaySafeLogger(Type type) => CreateReplaySafeLogger(type.FullName ?? type.Name);

    /// <inheritdoc cref="CreateReplaySafeLogger(string)"/>
    public virtual ILogger CreateReplaySafeLogger<T>() => CreateReplaySafeLogger(typeof(T));

    /// <summary>When the workflow returns, it starts again under the same id with a new input and an empty history. Whatever it scheduled and did not await is dropped.</summary>
    public abstract void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true);

    /// <summary>An id that is the same in every replay.</summary>
    public abstract Guid NewGuid();
}
