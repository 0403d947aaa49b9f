using Dapr.DurableTask.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Mesh.Workflows.Watching;

namespace Mesh.Workflows.Sidecar;

/// <summary>Stands between the package and its sidecar, for worker and client alike.</summary>
internal sealed class SidecarInterceptor(WorkItemStreams streams, Completions completions, ClientRetries retries, WatchedWorkflows watched, TimeProvider time) : Interceptor
{
    /// <summary>Of one call among those that a wait is made of: a sidecar that is told to end waits for every open call.</summary>
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(10);

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        if (typeof(TResponse) != typeof(WorkItem))
            return continuation(request, context);
        var stream = streams.Add(
            end => (AsyncServerStreamingCall<WorkItem>)(object)continuation(request, new(context.Method, context.Host, context.Options.WithCancellationToken(end))),
            context.Options.CancellationToken);
        return new((IAsyncStreamReader<TResponse>)(object)stream, Task.FromResult(Metadata.Empty), () => Status.DefaultSuccess, () => Metadata.Empty, () => { });
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var cancellationToken = context.Options.CancellationToken;
        Task<TResponse> CallAsync(TRequest message, TimeSpan? limit = null) => continuation(message, limit is { } within
            ? new(context.Method, context.Host, context.Options.WithDeadline(time.GetUtcNow().UtcDateTime + within)) : context).ResponseAsync;

        var response = request switch
        {
            ActivityResponse step => ReportAsync(WorkItemStreams.Key(step.InstanceId, step.TaskId)),
            WorkflowResponse turn => TurnAsync(turn),
            CreateInstanceRequest start => StartAsync(start),
            GetInstanceRequest asked => AskAsync(asked),
            RaiseEventRequest or TerminateRequest or SuspendRequest or ResumeRequest or PurgeInstancesRequest =>
                retries.RunAsync(() => CallAsync(request), waits: false, null, cancellationToken),
            _ => CallAsync(request),
        };
        return new(response, Task.FromResult(Metadata.Empty), () => Status.DefaultSuccess, () => Metadata.Empty, () => { });

        async Task<TResponse> ReportAsync(string item)
        {
            try
            {
                return await completions.ReportAsync(request, r => CallAsync(r, Completions.Limit));
            }
            finally
            {
                streams.Reported(item);
            }
        }

        async Task<TResponse> TurnAsync(WorkflowResponse turn)
        {
            watched.Answering(turn);
            var answer = await ReportAsync(WorkItemStreams.Key(turn.InstanceId, null));
            watched.Answered(turn);
            return answer;
        }

        async Task<TResponse> StartAsync(CreateInstanceRequest start)
        {
            var answer = await retries.RunAsync(() => CallAsync(request), waits: false, () => (TResponse)(object)new CreateInstanceResponse { InstanceId = start.InstanceId }, cancellationToken);
            watched.Add(start.InstanceId, start.ScheduledStartTimestamp?.ToDateTimeOffset());
            return answer;
        }

        Task<TResponse> AskAsync(GetInstanceRequest asked)
        {
            var waits = context.Method.Name != "GetInstance";
            if (waits)
                watched.Add(asked.InstanceId, null);
            return retries.RunAsync(() => waits ? WaitAsync() : CallAsync(request), waits, null, cancellationToken);
        }

        async Task<TResponse> WaitAsync()
        {
            while (true)
            {
                try
                {
                    return await CallAsync(request, WaitLimit);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.DeadlineExceeded && !cancellationToken.IsCancellationRequested)
                {
                    // Again.
                }
            }
        }
    }
}
