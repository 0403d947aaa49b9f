using Mesh.Contracts.Steps;

namespace Mesh.Contracts.Streams;

/// <summary>
/// Sends frames of many sessions over one stream. Senders only append to a buffer; one loop swaps it for an empty one and writes it, so whatever
/// became ready while the last burst was on its way goes out together with one flush. Nothing is allocated once the buffers have grown.
/// </summary>
public sealed class FrameSender
{
    /// <summary>More than this many bytes that the other side has not taken, and it is given up.</summary>
    private const int MostBacklog = 2 * StreamContract.MostBytes;

    private readonly Lock _gate = new();
    private readonly Signal _signal = new();
    private FrameBuffer _filling = new();
    private FrameBuffer _sending = new();
    private bool _completed;

    /// <returns>Bytes of the frame; 0: the sender was completed or the other side takes too little, and nothing will be sent.</returns>
    public int Send(StepRequest request)
    {
        int bytes;
        lock (_gate)
        {
            if (!Accepts)
                return 0;
            bytes = -_filling.Count;
            _filling.Step(request);
            bytes += _filling.Count;
        }
        _signal.Set();
        return bytes;
    }

    /// <inheritdoc cref="Send(StepRequest)"/>
    public int Send(StepReply reply)
    {
        int bytes;
        lock (_gate)
        {
            if (!Accepts)
                return 0;
            bytes = -_filling.Count;
            _filling.Step(reply);
            bytes += _filling.Count;
        }
        _signal.Set();
        return bytes;
    }

    public void Release(SessionId session)
    {
        lock (_gate)
            if (Accepts)
                _filling.Release(session);
        _signal.Set();
    }

    /// <summary>Says that this side lives; whatever else is on its way says so too.</summary>
    public void Beat()
    {
        lock (_gate)
            if (Accepts && _filling.Count == 0)
                _filling.Heartbeat();
        _signal.Set();
    }

    /// <summary>Sends what is left and ends; with <paramref name="error"/> that is the last frame.</summary>
    public void Complete(string? error = null)
    {
        lock (_gate)
        {
            if (!_completed && error is not null)
                _filling.Error(error);
            _completed = true;
        }
        _signal.Set();
    }

    /// <summary>Writes until <see cref="Complete"/>; the exceptions are those of the stream.</summary>
    public async Task RunAsync(Stream target, CancellationToken cancellationToken)
    {
        await using var wake = cancellationToken.UnsafeRegister(static signal => ((Signal)signal!).Set(), _signal);
        try
        {
            // What opens the stream (a request's or a response's headers) goes out before there is anything to say.
            await target.FlushAsync(cancellationToken);
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                bool last;
                lock (_gate)
                {
                    (_filling, _sending) = (_sending, _filling);
                    last = _completed;
                }
                if (_sending.Count > 0)
                {
                    await target.WriteAsync(_sending.Written, cancellationToken);
                    await target.FlushAsync(cancellationToken);
                    _sending.Clear();
                }
                else if (last)
                    return;
                else
                    await _signal.WaitAsync();
            }
        }
        finally
        {
            lock (_gate)
                _completed = true;
        }
    }

    private bool Accepts => !_completed && _filling.Count <= MostBacklog;
}
