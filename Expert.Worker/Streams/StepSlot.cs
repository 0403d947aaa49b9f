using System.Runtime.CompilerServices;
using Mesh.Contracts.Steps;

namespace Expert.Worker.Streams;

/// <summary>One step under way on a stream: reused, with everything it needs, so that a step allocates nothing once the stream is warm.</summary>
internal sealed class StepSlot
{
    private CancellationTokenSource _cancel = new();
    private bool _cancelling;

    public StepSlot(Action<StepSlot> completed) => Continue = () => completed(this);

    public StepRequest Request { get; } = new();
    public StepReply Reply { get; } = new();
    public Action Continue { get; }
    public CancellationToken Cancelled => _cancel.Token;

    /// <summary>Of the step that runs.</summary>
    public ValueTaskAwaiter Awaiter;

    /// <summary>The session's next request, which came before this one was answered: the router no longer waits for this one.</summary>
    public StepSlot? Next;

    /// <summary>The session has ended while this step ran.</summary>
    public bool Released;

    /// <summary>
    /// What to cancel, later and outside of any lock: the slot may serve another step by then, so it does not use this source again.
    /// To be called under the stream's lock, like <see cref="Reset"/>.
    /// </summary>
    public CancellationTokenSource TakeCancellation()
    {
        _cancelling = true;
        return _cancel;
    }

    public void Reset()
    {
        (Next, Released, Awaiter) = (null, false, default);
        if (_cancelling || !_cancel.TryReset())
            _cancel = new();
        _cancelling = false;
    }
}
