using Dapr.Workflow.Hosting;
using Dapr.Workflow.Wire;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dapr.Workflow;

/// <summary>Starts, asks and steers workflows of this app. Faults are <see cref="RpcException"/>.</summary>
public class DaprWorkflowClient : IAsyncDisposable
{
    private const int UnhostedAttempts = 60;
    private static readonly TimeSpan UnhostedPause = TimeSpan.FromMilliseconds(250);

    private readonly SidecarConnection _sidecar;

    internal DaprWorkflowClient(SidecarConnection sidecar) => _sidecar = sidecar;

    private TaskHubSidecarService.TaskHubSidecarServiceClient Client => _sidecar.Client;

    /// <summary>Returns after the first turn, so it waits for a worker; a live instance of the same id is an error, an ended one is replaced.</summary>
    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId = null, object? input = null) =>
        StartAsync(name, instanceId, input, null, default);

    /// <inheritdoc cref="ScheduleNewWorkflowAsync(string, string?, object?, DateTimeOffset?, CancellationToken)"/>
    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId, object? input, DateTime? startTime) =>
        StartAsync(name, instanceId, input, startTime is { } at ? new DateTimeOffset(at.ToUniversalTime()) : null, default);

    /// <summary>Starts not before <paramref name="startTime"/>, if given, and then returns at once.</summary>
    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId, object? input, DateTimeOffset? startTime, CancellationToken cancellation = default) =>
        StartAsync(name, instanceId, input, startTime, cancellation);

    public async Task<WorkflowState> GetWorkflowStateAsync(string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default) =>
        new(await ReachAsync(() => Client.GetInstanceAsync(Get(instanceId, getInputsAndOutputs), cancellationToken: cancellation), cancellation));

    /// <summary>Waits for ever on an id that never starts: give it a token.</summary>
    public Task<WorkflowState> WaitForWorkflowStartAsync(string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default) =>
        WaitAsync(() => Client.WaitForInstanceStartAsync(Get(instanceId, getInputsAndOutputs), cancellationToken: cancellation), cancellation);

    /// <summary>Waits for ever on an id that never ends: give it a token.</summary>
    public Task<WorkflowState> WaitForWorkflowCompletionAsync(string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default) =>
        WaitAsync(() => Client.WaitForInstanceCompletionAsync(Get(instanceId, getInputsAndOutputs), cancellationToken: cancellation), cancellation);

    /// <summary>
    /// Kept until the workflow awaits it; lost without an error when the workflow has ended. At least once: when the workers of the app change at that very moment, daprd
    /// may have stored the event before it fails to wake the workflow, and the call is repeated because the event would lie there unnoticed. A workflow to which the same
    /// event twice is not the same as once gives its events an id of their own.
    /// </summary>
    public async Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        await ReachAsync(() => Client.RaiseEventAsync(new() { InstanceId = instanceId, Name = eventName, Input = Payload.Write(eventPayload) }, cancellationToken: cancellation), cancellation);
    }

    /// <summary>Ends the instance and its children with <paramref name="output"/>.</summary>
    public async Task TerminateWorkflowAsync(string instanceId, string? output = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        await ReachAsync(() => Client.TerminateInstanceAsync(new() { InstanceId = instanceId, Output = Payload.Write(output), Recursive = true }, cancellationToken: cancellation), cancellation);
    }

    public async Task SuspendWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        await ReachAsync(() => Client.SuspendInstanceAsync(new() { InstanceId = instanceId, Reason = reason }, cancellationToken: cancellation), cancellation);
    }

    public async Task ResumeWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        await ReachAsync(() => Client.ResumeInstanceAsync(new() { InstanceId = instanceId, Reason = reason }, cancellationToken: cancellation), cancellation);
    }

    /// <summary>Deletes an ended instance and its children.</summary>
    /// <returns>False when there was nothing to delete.</returns>
    public async Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var purged = await ReachAsync(() => Client.PurgeInstancesAsync(new() { InstanceId = instanceId, Recursive = true }, cancellationToken: cancellation), cancellation);
        return purged.DeletedInstanceCount > 0;
    }

    /// <summary>Nothing to do: the channel is shared with the worker and belongs to the container.</summary>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private async Task<string> StartAsync(string name, string? instanceId, object? input, DateTimeOffset? startTime, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var request = new CreateInstanceRequest
        {
            Name = name,
            InstanceId = string.IsNullOrEmpty(instanceId) ? Guid.NewGuid().ToString("N") : instanceId,
            Input = Payload.Write(input),
            ScheduledStartTimestamp = startTime is { } at ? Timestamp.FromDateTimeOffset(at) : null,
        };
        return (await ReachAsync(() => Client.StartInstanceAsync(request, cancellationToken: cancellation), cancellation)).InstanceId;
    }

    private static GetInstanceRequest Get(string instanceId, bool getInputsAndOutputs)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        return new() { InstanceId = instanceId, GetInputsAndOutputs = getInputsAndOutputs };
    }

    /// <summary>
    /// While the workers of an app change, daprd refuses calls because nobody hosts the workflow actors for a moment. Such a call did nothing, or, where it failed at the
    /// reminder that wakes the workflow, nothing that doing it again would harm but for events (<see cref="RaiseEventAsync"/>). So it is tried again for a while; every
    /// other fault goes to the caller.
    /// </summary>
    private static async Task<T> ReachAsync<T>(Func<AsyncUnaryCall<T>> call, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (RpcException e) when (attempt < UnhostedAttempts && IsUnhosted(e.Status.Detail))
            {
                await Task.Delay(UnhostedPause, cancellation);
            }
        }
    }

    private static bool IsUnhosted(string detail) =>
        (detail.Contains("actor type", StringComparison.Ordinal) && detail.Contains("not registered", StringComparison.Ordinal))
        || detail.Contains("only possible on hosted actor types", StringComparison.Ordinal)
        || detail.Contains("did not find address for actor", StringComparison.Ordinal);

    /// <summary>daprd cancels every wait when an actor host comes or goes, and a restart ends it too: only the caller's token may.</summary>
    private static async Task<WorkflowState> WaitAsync(Func<AsyncUnaryCall<GetInstanceResponse>> call, CancellationToken cancellation)
    {
        for (var delay = TimeSpan.FromMilliseconds(100); ; delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, TimeSpan.TicksPerSecond * 2)))
        {
            try
            {
                return new(await call());
            }
            catch (RpcException e) when ((e.StatusCode is StatusCode.Cancelled or StatusCode.Unavailable || IsUnhosted(e.Status.Detail)) && !cancellation.IsCancellationRequested)
            {
                await Task.Delay(delay, cancellation);
            }
            catch (RpcException e) when (cancellation.IsCancellationRequested)
            {
                throw new OperationCanceledException(e.Message, e, cancellation);
            }
        }
    }
}
