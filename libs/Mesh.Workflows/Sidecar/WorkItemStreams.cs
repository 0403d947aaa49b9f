using System.Collections.Concurrent;
using Dapr.DurableTask.Protobuf;
using Grpc.Core;
using Mesh.Workflows.Watching;
using Microsoft.Extensions.Logging;

namespace Mesh.Workflows.Sidecar;

/// <summary>The package's streams of work items, one after the other: each opens only on a sidecar that is well, and can be ended or drained from here.</summary>
internal sealed partial class WorkItemStreams(SidecarConnection sidecar, WatchedWorkflows watched, MeshWorkflowOptions options, TimeProvider time, ILogger<WorkItemStreams> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastPause = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<string, byte> _unreported = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile WorkItemStream? _current;
    private volatile bool _draining;

    /// <summary>Since when the present stream is open; null while none is.</summary>
    public TimeSpan? Open => _current?.OpenedAt is { } at ? time.GetElapsedTime(at) : null;

    public WorkItemStream Add(Func<CancellationToken, AsyncServerStreamingCall<WorkItem>> open, CancellationToken end) => _current = new(this, open, end);

    /// <summary>The package comes back with another one after 5 s.</summary>
    public void End() => _current?.End();

    /// <summary>Takes no more items, and is done when those taken are reported or their stream is lost.</summary>
    public Task DrainAsync()
    {
        _draining = true;
        CheckDrained();
        return _drained.Task;
    }

    /// <param name="item">As <see cref="Key(string, int?)"/> names it.</param>
    public void Reported(string item)
    {
        _unreported.TryRemove(item, out _);
        CheckDrained();
    }

    /// <summary>A step of a workflow, or its turn.</summary>
    public static string Key(string instanceId, int? step) => step is null ? instanceId : $"{instanceId}/{step}";

    /// <summary>When it is time to open a stream.</summary>
    /// <returns>The clock's reading.</returns>
    internal async Task<long> WaitForSidecarAsync(CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; !await sidecar.IsWellAsync(cancellationToken); pause = pause * 2 < LastPause ? pause * 2 : LastPause)
            await Task.Delay(pause, time, cancellationToken);
        await Task.Delay(options.Settling, time, cancellationToken);
        LogOpen();
        return time.GetTimestamp();
    }

    /// <returns>False for an item that came too late: it goes back to the sidecar with the stream.</returns>
    internal bool Take(WorkItem item)
    {
        if (_draining)
            return false;
        _unreported[item.ActivityRequest is { } step ? Key(step.WorkflowInstance.InstanceId, step.TaskId) : Key(item.WorkflowRequest.InstanceId, null)] = 0;
        watched.Saw(item);
        return true;
    }

    internal void Lost()
    {
        _unreported.Clear();
        watched.StreamEnded();
        CheckDrained();
    }

    private void CheckDrained()
    {
        if (_draining && _unreported.IsEmpty)
            _drained.TrySetResult();
    }

    [LoggerMessage(LogLevel.Information, "Taking work items of workflows.")]
    private partial void LogOpen();
}
