using System.Buffers;
using System.Buffers.Binary;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Contracts.Streams;

namespace Router.Api.Experts;

/// <summary>
/// Steps as calls of the expert's actor. One call is in flight; whatever is pending of all sessions when it returns goes into the next one. A step
/// that the actor did not finish within its turn is asked for again, and the caller notices nothing but the time.
/// </summary>
internal sealed partial class ActorExpertChannel : IExpertConnection
{
    /// <summary>Encoded steps in one call; base64 and the sidecar's body limit of 4 MiB leave room for this much.</summary>
    private const int MostBatchBytes = 1 << 20;

    /// <summary>Steps in one call, so that their answers stay well under the body limit too.</summary>
    private const int MostBatchSteps = 64;

    private readonly IExpertActors _actors;
    private readonly ExpertMetrics _metrics;
    private readonly ILogger _logger;
    private readonly PendingSteps _pending;
    private readonly Signal _signal = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly StepReply _scratch = new();
    private readonly Task _pumping;
    private List<SessionId> _released = [];

    public ActorExpertChannel(ExpertId expert, IExpertActors actors, ExpertMetrics metrics, ILogger logger)
    {
        (Expert, _actors, _metrics, _logger) = (expert, actors, metrics, logger);
        _pending = new PendingSteps(expert, metrics);
        _pumping = Task.Run(PumpAsync);
        metrics.OnConnected(expert);
    }

    public ExpertId Expert { get; }

    public Task<string> Closed => _closed.Task;

    public bool OutlivesSidecar => false;

    public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        PendingStep step;
        try
        {
            step = _pending.Add(request, reply, encode: true);
        }
        catch (ExpertUnreachableException unreachable)
        {
            return ValueTask.FromException(unreachable);
        }
        var answered = step.WaitAsync(cancellationToken);
        _signal.Set();
        return answered;
    }

    public void Release(SessionId session)
    {
        lock (_gate)
            _released.Add(session);
        _signal.Set();
    }

    /// <summary>There is nothing to finish with one host: the next call goes to wherever the actor is.</summary>
    public Task FinishAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        Close("The router has closed the channel.");
        await _pumping;
        _stop.Dispose();
    }

    private async Task PumpAsync()
    {
        var batch = new ArrayBufferWriter<byte>(4096);
        try
        {
            while (_pending.Closed is null)
            {
                await ReleaseAsync();
                batch.ResetWrittenCount();
                if (_pending.Collect(batch, MostBatchSteps, MostBatchBytes) == 0)
                {
                    await _signal.WaitAsync();
                    continue;
                }
                _metrics.OnSent(Expert, batch.WrittenCount);
                Take(await _actors.StepAsync(Expert, batch.WrittenSpan.ToArray(), _stop.Token));
            }
        }
        catch (ExpertUnreachableException unreachable)
        {
            Close(unreachable.Reason);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Closed meanwhile.
        }
        catch (Exception fault)
        {
            Close($"The channel failed: {fault.Message}");
        }
    }

    private void Take(byte[] answers)
    {
        for (ReadOnlySpan<byte> rest = answers; rest.Length > 0;)
        {
            if (_pending.Answer(ref rest, _scratch, out var error))
                continue;
            // Where the next answer starts is unknown now: the steps it was for stay pending and are asked again.
            LogInvalid(_logger, Expert, error);
            return;
        }
    }

    private async Task ReleaseAsync()
    {
        List<SessionId> released;
        lock (_gate)
        {
            if (_released.Count == 0)
                return;
            (released, _released) = (_released, []);
        }
        var bytes = new byte[8 * released.Count];
        for (var i = 0; i < released.Count; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8 * i), released[i].Value);
        await _actors.ReleaseAsync(Expert, bytes, _stop.Token);
    }

    private void Close(string reason)
    {
        if (!_pending.Close(reason))
            return;
        _stop.Cancel();
        _signal.Set();
        _closed.TrySetResult(reason);
    }

    [LoggerMessage(LogLevel.Warning, "An answer of {Expert} cannot be read and is dropped: {Error}")]
    private static partial void LogInvalid(ILogger logger, ExpertId expert, string? error);
}
