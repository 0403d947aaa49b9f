using System.Buffers;
using System.Threading.Tasks.Sources;
using Mesh.Contracts.Steps;

namespace Router.Api.Experts;

/// <summary>One step that waits for its answer, as a task that is reused.</summary>
internal sealed class PendingStep(PendingSteps owner) : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private SessionId _session;

    public uint Turn { get; private set; }
    public StepReply? Reply { get; private set; }

    /// <summary>The encoded request, where the transport may have to send it again.</summary>
    public ArrayBufferWriter<byte>? Encoded { get; set; }

    /// <summary>How often it went into a batch.</summary>
    public int Asked { get; set; }

    public void Begin(SessionId session, uint turn, StepReply reply)
    {
        _core.Reset();
        (_session, Turn, Reply) = (session, turn, reply);
        Asked = 0;
        Encoded?.ResetWrittenCount();
    }

    /// <summary>The task of the step. It must be awaited, once.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        // May run at once, or while an answer completes the step; the table decides which of them counts.
        _registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingStep)state!).Cancel(token), this);
        return new(this, _core.Version);
    }

    public void Complete() => _core.SetResult(true);

    public void Fail(Exception fault) => _core.SetException(fault);

    private void Cancel(CancellationToken token) => owner.Cancel(this, _session, token);

    void IValueTaskSource.GetResult(short token)
    {
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            // Waits for a callback that runs right now: after this line nobody else knows the step.
            _registration.Dispose();
            Reply = null;
            owner.Return(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
