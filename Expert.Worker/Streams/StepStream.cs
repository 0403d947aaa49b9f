using Expert.Worker.Experts;
using Mesh.Contracts.Steps;
using Mesh.Contracts.Streams;

namespace Expert.Worker.Streams;

/// <summary>
/// One direct stream: steps of many sessions in, replies out in whatever order they are done. A session has one step running; a further request waits
/// for it (its tokens are usually a prefix) and makes its answer moot. When the stream ends, however it ends, its sessions are released.
/// </summary>
internal sealed class StepStream
{
    private const int MostRunning = 1024;
    private const int MostSessions = 1 << 16;
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, StepSlot> _running = [];
    private readonly HashSet<SessionId> _sessions = [];
    private readonly Stack<StepSlot> _free = [];
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FrameSender _sender = new();
    private readonly HostedExpert _expert;
    private readonly TimeProvider _time;
    private readonly Action<StepSlot> _completed;
    private int _finishing;   // steps that are done and not answered yet: they run no more, and the stream does not end before them
    private bool _ending;

    public StepStream(HostedExpert expert, TimeProvider time) => (_expert, _time, _completed) = (expert, time, Finish);

    /// <summary>Serves until the router closes its side, breaks a rule (which it is told) or <paramref name="cancellationToken"/> fires.</summary>
    /// <returns>Which rule was broken, or null.</returns>
    public async Task<string?> RunAsync(Stream input, Stream output, CancellationToken cancellationToken)
    {
        string? fault = null;
        var sending = _sender.RunAsync(output, cancellationToken);
        using var heart = _time.CreateTimer(static stream => ((StepStream)stream!).Beat(), this, StreamContract.Heartbeat, StreamContract.Heartbeat);
        try
        {
            var reader = new FrameReader(input);
            while (await reader.ReadAsync(cancellationToken))
                Take(reader);
        }
        catch (StreamProtocolException broken)
        {
            fault = broken.Message;
        }
        finally
        {
            await EndAsync(cancel: fault is not null, cancellationToken);
            _sender.Complete(fault);
            await sending;
        }
        return fault;
    }

    private void Beat()
    {
        if (_expert.IsAlive)
            _sender.Beat();
    }

    private void Take(FrameReader frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Step:
                var slot = Rent();
                var payload = frame.Payload;
                if (!StepCodec.TryRead(ref payload, slot.Request, out var error))
                    throw new StreamProtocolException(error!);
                if (payload.Length > 0)
                    throw new StreamProtocolException($"{payload.Length} bytes follow the step.");
                Accept(slot);
                break;
            case FrameKind.Release:
                Release(frame.ReadSession());
                break;
            default:
                throw new StreamProtocolException($"A router sends no {frame.Kind} frame.");
        }
    }

    private void Accept(StepSlot slot)
    {
        var session = slot.Request.Session;
        bool starts;
        lock (_gate)
        {
            if (_running.TryGetValue(session, out var current))
            {
                if (current.Next is { } replaced)
                    Return(replaced);
                current.Next = slot;
                return;
            }
            if (_sessions.Add(session) && _sessions.Count > MostSessions)
                throw new StreamProtocolException($"More than {MostSessions} sessions on one stream that were not released.");
            starts = _running.Count < MostRunning && _running.TryAdd(session, slot);
        }
        if (starts)
        {
            Start(slot);
            return;
        }
        slot.Reply.Reset(session, slot.Request.Turn, StepStatus.Busy);
        _sender.Send(slot.Reply);
        lock (_gate)
            Return(slot);
    }

    private void Start(StepSlot slot)
    {
        try
        {
            slot.Awaiter = _expert.StepAsync(slot.Request, slot.Reply, slot.Cancelled).GetAwaiter();
        }
        catch (Exception)
        {
            slot.Awaiter = ValueTask.FromException(new InvalidOperationException("The step did not start.")).GetAwaiter();
        }
        if (slot.Awaiter.IsCompleted)
            Finish(slot);
        else
            slot.Awaiter.UnsafeOnCompleted(slot.Continue);
    }

    /// <summary>Runs on whatever thread completed the step and must not throw.</summary>
    private void Finish(StepSlot slot)
    {
        var (session, turn) = (slot.Request.Session, slot.Request.Turn);
        try
        {
            slot.Awaiter.GetResult();
        }
        catch (Exception)
        {
            // Faults are logged where they arise; the router only needs to know that the cache is gone.
            slot.Reply.Reset(session, turn, _expert.Stopping.IsCancellationRequested ? StepStatus.Refused : StepStatus.Failed);
        }
        StepSlot? next;
        bool released;
        lock (_gate)
        {
            next = slot.Next;
            released = slot.Released;
            if (next is null)
                _running.Remove(session);
            else
                _running[session] = next;
            _finishing++;
        }
        if (released)
            _expert.Release(session);
        if (next is not null)
            Start(next);
        if (next is null && !released)
            _sender.Send(slot.Reply);
        lock (_gate)
        {
            Return(slot);
            _finishing--;
            TellIdle();
        }
    }

    /// <summary>To be called under the lock.</summary>
    private void TellIdle()
    {
        if (_ending && _running.Count == 0 && _finishing == 0)
            _idle.TrySetResult();
    }

    private void Release(SessionId session)
    {
        CancellationTokenSource? running = null;
        lock (_gate)
        {
            _sessions.Remove(session);
            if (_running.TryGetValue(session, out var slot))
            {
                slot.Released = true;
                slot.Next = null;
                running = slot.TakeCancellation();
            }
        }
        if (running is null)
            _expert.Release(session);
        else
            running.Cancel();
    }

    /// <summary>Waits for the running steps, ends them first when nobody will read the answers, and lets go of every session.</summary>
    private async Task EndAsync(bool cancel, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _ending = true;
            TellIdle();
        }
        await using (cancellationToken.UnsafeRegister(static stream => ((StepStream)stream!).CancelAll(), this))
        {
            if (cancel)
                CancelAll();
            await _idle.Task;
        }
        foreach (var session in _sessions)
            _expert.Release(session);
    }

    private void CancelAll()
    {
        CancellationTokenSource[] running;
        lock (_gate)
        {
            foreach (var slot in _running.Values)
                slot.Next = null;
            running = [.. _running.Values.Select(slot => slot.TakeCancellation())];
        }
        foreach (var step in running)
            step.Cancel();
    }

    private StepSlot Rent()
    {
        lock (_gate)
            return _free.TryPop(out var slot) ? slot : new StepSlot(_completed);
    }

    private void Return(StepSlot slot)
    {
        slot.Reset();
        _free.Push(slot);
    }
}
