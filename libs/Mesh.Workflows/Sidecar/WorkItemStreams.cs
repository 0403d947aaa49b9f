using Dapr.DurableTask.Protobuf;
using Grpc.Core;
using Mesh.Workflows.Watching;
using Microsoft.Extensions.Logging;

namespace Mesh.Workflows.Sidecar;

/// <summary>The package's streams of work items, one after the other: each opens only on a sidecar that is well, and can be ended from here.</summary>
internal sealed partial class WorkItemStreams(SidecarConnection sidecar, MeshWorkflowOptions options, TimeProvider time, ILogger<WorkItemStreams> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastPause = TimeSpan.FromSeconds(2);
    private readonly TimeProvider _time = time;
    private volatile Stream? _current;

    /// <summary>Since when the present stream is open; null while none is.</summary>
    public TimeSpan? Open => _current?.OpenedAt is { } at ? _time.GetElapsedTime(at) : null;

    public IAsyncStreamReader<WorkItem> Add(Func<CancellationToken, AsyncServerStreamingCall<WorkItem>> open, WatchedWorkflows watched, CancellationToken end) =>
        _current = new Stream(this, open, watched, end);

    /// <summary>The package comes back with another one after 5 s.</summary>
    public void End() => _current?.End();

    private async Task WaitForSidecarAsync(CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; !await sidecar.IsWellAsync(cancellationToken); pause = pause * 2 < LastPause ? pause * 2 : LastPause)
            await Task.Delay(pause, _time, cancellationToken);
        await Task.Delay(options.Settling, _time, cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "Taking work items of workflows.")]
    private partial void LogOpen();

    private sealed class Stream(WorkItemStreams owner, Func<CancellationToken, AsyncServerStreamingCall<WorkItem>> open, WatchedWorkflows watched, CancellationToken end) : IAsyncStreamReader<WorkItem>
    {
        private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(end);
        private AsyncServerStreamingCall<WorkItem>? _call;

        public long? OpenedAt { get; private set; }

        public WorkItem Current => _call!.ResponseStream.Current;

        public void End() => _end.Cancel();

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            try
            {
                if (_call is null)
                {
                    await owner.WaitForSidecarAsync(_end.Token);
                    _call = open(_end.Token);
                    OpenedAt = owner._time.GetTimestamp();
                    owner.LogOpen();
                }
                if (await _call.ResponseStream.MoveNext(cancellationToken))
                {
                    watched.Saw(Current);
                    return true;
                }
                Ended();
                return false;
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException)
            {
                Ended();
                _call?.Dispose();
                if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                    throw new RpcException(new(StatusCode.Cancelled, "The stream was ended here, to be opened anew."), e.Message);
                throw;
            }
        }

        private void Ended()
        {
            OpenedAt = null;
            watched.StreamEnded();
        }
    }
}
