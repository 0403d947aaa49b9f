using System.Buffers;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;

namespace Router.Api.Experts;

/// <summary>
/// Steps that wait for an answer, one for each session. Whoever takes a step out of this table (the answer, the caller who gave up, the end of the
/// connection) is the only one to complete it, so nobody touches a reply that has gone back to its owner.
/// </summary>
internal sealed class PendingSteps(ExpertId expert, ExpertMetrics metrics)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, PendingStep> _waiting = [];
    private readonly Stack<PendingStep> _free = [];
    private string? _closed;

    public string? Closed => Volatile.Read(ref _closed);

    /// <exception cref="ExpertUnreachableException">The connection has closed.</exception>
    /// <exception cref="InvalidOperationException">The session has a step in flight.</exception>
    /// <param name="encode">Keep the encoded request with the step, for <see cref="Collect"/>.</param>
    public PendingStep Add(StepRequest request, StepReply reply, bool encode = false)
    {
        lock (_gate)
        {
            if (_closed is not null)
                throw new ExpertUnreachableException(expert, _closed);
            if (_waiting.ContainsKey(request.Session))
                throw new InvalidOperationException($"Session {request.Session} has a step in flight at expert '{expert}'.");
            var step = _free.TryPop(out var free) ? free : new PendingStep(this);
            step.Begin(request.Session, request.Turn, reply);
            if (encode)
                StepCodec.Write(request, step.Encoded ??= new(256));
            _waiting.Add(request.Session, step);
            return step;
        }
    }

    /// <summary>Completes the step that <paramref name="encoded"/> answers and moves behind it. An answer nobody waits for is read past.</summary>
    /// <returns><c>false</c>: it cannot be read, so its end is unknown. The step it seems to answer has got <see cref="StepStatus.Failed"/>.</returns>
    public bool Answer(ref ReadOnlySpan<byte> encoded, StepReply scratch, out string? error)
    {
        var length = encoded.Length;
        var step = StepCodec.TryPeekReply(encoded, out var session, out var turn) ? Take(session, turn) : null;
        var reply = step?.Reply ?? scratch;
        var read = StepCodec.TryRead(ref encoded, reply, out error);
        if (!read)
        {
            metrics.OnInvalid(expert);
            reply.Reset(session, turn, StepStatus.Failed);
        }
        metrics.OnAnswered(expert, length - encoded.Length);
        step?.Complete();
        return read;
    }

    /// <summary>The caller gave up.</summary>
    public void Cancel(PendingStep step, SessionId session, CancellationToken token)
    {
        lock (_gate)
            if (!_waiting.TryGetValue(session, out var waiting) || waiting != step || !_waiting.Remove(session))
                return;
        step.Fail(new OperationCanceledException(token));
    }

    /// <summary>Fails every step, now and from now on. True the first time.</summary>
    public bool Close(string reason)
    {
        PendingStep[] lost;
        lock (_gate)
        {
            if (_closed is not null)
                return false;
            Volatile.Write(ref _closed, reason);
            lost = [.. _waiting.Values];
            _waiting.Clear();
        }
        foreach (var step in lost)
        {
            metrics.OnFailed(expert);
            step.Fail(new ExpertUnreachableException(expert, reason));
        }
        return true;
    }

    /// <summary>
    /// Appends the encoded requests of steps that wait, those asked least often first, as many as the bounds allow and one at least if any waits.
    /// </summary>
    /// <returns>How many.</returns>
    public int Collect(ArrayBufferWriter<byte> into, int mostSteps, int mostBytes)
    {
        lock (_gate)
        {
            var count = 0;
            foreach (var step in _waiting.Count <= mostSteps ? _waiting.Values : _waiting.Values.OrderBy(s => s.Asked).Take(mostSteps))
            {
                if (count > 0 && into.WrittenCount + step.Encoded!.WrittenCount > mostBytes)
                    continue;
                into.Write(step.Encoded!.WrittenSpan);
                step.Asked++;
                count++;
            }
            return count;
        }
    }

    public void Return(PendingStep step)
    {
        lock (_gate)
            _free.Push(step);
    }

    private PendingStep? Take(SessionId session, uint turn)
    {
        lock (_gate)
            return _waiting.TryGetValue(session, out var step) && step.Turn == turn && _waiting.Remove(session) ? step : null;
    }
}
