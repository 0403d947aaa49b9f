using Grpc.Core;
using Polly;
using Polly.Retry;

namespace Mesh.Workflows.Sidecar;

/// <summary>
/// A client call that met no worker or no sidecar is made again, with the same instance id. What it did the first time, if anything, does no harm twice: a workflow that
/// exists after a start that was in doubt was started by it, and events are delivered at least once.
/// </summary>
internal sealed class ClientRetries
{
    private static readonly ResiliencePropertyKey<Call> Key = new("call");
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline _pipeline;

    public ClientRetries(MeshWorkflowOptions options, TimeProvider time)
    {
        (_patience, _time) = (options.ClientPatience, time);
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = args => new(args.Outcome.Exception is RpcException e && args.Context.Properties.TryGetValue(Key, out var call) && call.MayRepeat(e, _time, _patience)),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(200),
            MaxDelay = TimeSpan.FromSeconds(2),
            MaxRetryAttempts = int.MaxValue,
        }).Build();
    }

    /// <param name="waits">It waits for the workflow, so only its caller ends it.</param>
    public async Task<T> RunAsync<T>(Func<Task<T>> call, bool waits, Func<T>? taken, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        var state = new Call(waits, _time.GetTimestamp());
        context.Properties.Set(Key, state);
        try
        {
            return await _pipeline.ExecuteAsync(async _ =>
            {
                try
                {
                    return await call();
                }
                catch (RpcException e) when (state.InDoubt && taken is not null && e.IsTaken())
                {
                    return taken();
                }
            }, context);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private sealed class Call(bool waits, long began)
    {
        /// <summary>An attempt may have reached the sidecar.</summary>
        public bool InDoubt { get; private set; }

        public bool MayRepeat(RpcException e, TimeProvider time, TimeSpan patience)
        {
            if (!e.IsUnhosted() && !e.IsAway())
                return false;
            InDoubt = true;
            return waits || time.GetElapsedTime(began) < patience;
        }
    }
}
