using Dapr.DurableTask.Protobuf;
using Grpc.Core;

namespace Mesh.Workflows.Sidecar;

/// <summary>One stream of work items as the package reads it; the call behind it is made at the first read.</summary>
internal sealed class WorkItemStream(WorkItemStreams owner, Func<CancellationToken, AsyncServerStreamingCall<WorkItem>> open, CancellationToken end) : IAsyncStreamReader<WorkItem>
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
                OpenedAt = await owner.WaitForSidecarAsync(_end.Token);
                _call = open(_end.Token);
            }
            while (await _call.ResponseStream.MoveNext(cancellationToken))
                if (Current is { WorkflowRequest: null, ActivityRequest: null } || owner.Take(Current))
                    return true;
            Ended();
            return false;
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            Ended();
            _call?.Dispose();
            // The package takes a cancellation that is not its own for a fault of the code.
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                throw new RpcException(new(StatusCode.Cancelled, "The stream was ended here, to be opened anew."), e.Message);
            throw;
        }
    }

    private void Ended()
    {
        OpenedAt = null;
        owner.Lost();
    }
}
