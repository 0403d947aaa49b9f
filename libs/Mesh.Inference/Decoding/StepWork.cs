using System.Diagnostics;
using System.Threading.Tasks.Sources;
using Mesh.Contracts.Steps;
using Mesh.Inference.Positions;

namespace Mesh.Inference.Decoding;

/// <summary>
/// One step on its way through the decode loop. Pooled; the caller awaits it through the value task source. Only the loop's thread touches anything
/// but <see cref="Cancel"/>.
/// </summary>
internal sealed class StepWork : IValueTaskSource, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<bool> _source;
    private bool _wasCancelled;
    private CancellationTokenRegistration _registration;
    private CancellationToken _token;
    private DecodeLoop? _loop;
    private volatile bool _cancelled;

    public StepRequest Request { get; private set; } = null!;
    public StepReply Reply { get; private set; } = null!;

    /// <summary>Set for a message that only ends a session.</summary>
    public SessionId Released;

    /// <summary>Set for a message that only looks at a session's keys.</summary>
    public KeyReading? Reading;

    public Sequence? Sequence;

    /// <summary>Next position to decode, first whose row is wanted, and the position behind the last token.</summary>
    public int Next, FirstRow, End;

    /// <summary>Tokens of the continuation still to add, and the newest of them.</summary>
    public int Continuing, Continued;

    /// <summary>Index of its first token in the batch under way, and how many; 0 when it takes no part.</summary>
    public int BatchStart, BatchCount;

    public volatile bool InBatch;

    public long Enqueued;

    public bool IsCancelled => _cancelled;

    public ValueTask Begin(DecodeLoop loop, StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        (_loop, Request, Reply, _token) = (loop, request, reply, cancellationToken);
        // However it ends, the reply says whose it is.
        reply.Reset(request.Session, request.Turn);
        Sequence = null;
        _cancelled = _wasCancelled = false;
        Enqueued = Stopwatch.GetTimestamp();
        (Continuing, BatchCount) = (0, 0);
        var task = new ValueTask(this, _source.Version);
        loop.Enqueue(this);
        // After it is queued: a token that is cancelled already calls back right here.
        _registration = cancellationToken.UnsafeRegister(static work => ((StepWork)work!).Cancel(), this);
        return task;
    }

    public void Complete(StepStatus status)
    {
        Reply.Status = status;
        Reply.ComputeMicroseconds = (uint)Math.Min(uint.MaxValue, Stopwatch.GetElapsedTime(Enqueued).TotalMicroseconds);
        Finish(cancelled: false);
    }

    public void CompleteCancelled() => Finish(cancelled: true);

    /// <summary>The caller goes on here, on the thread pool: this object is its own work item, so that an answer allocates nothing.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        if (_wasCancelled)
            _source.SetException(new OperationCanceledException(_token));
        else
            _source.SetResult(true);
    }

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    public void GetResult(short token)
    {
        // Waits for a callback that is under way, so that none can reach the next user of this object.
        _registration.Dispose();
        var loop = _loop!;
        try
        {
            _source.GetResult(token);
        }
        finally
        {
            _source.Reset();
            (Request, Reply) = (null!, null!);
            loop.Return(this);
        }
    }

    private void Finish(bool cancelled)
    {
        Sequence = null;
        _wasCancelled = cancelled;
        _loop!.OnEnded();
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Cancel()
    {
        _cancelled = true;
        _loop!.OnCancelled(this);
    }
}
