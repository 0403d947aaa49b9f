using System.Collections.Concurrent;
using Mesh.Chorus.Phases;
using Mesh.Chorus.Windows;
using Mesh.Contracts.Steps;
using Mesh.Inference.Native;
using Mesh.Inference.Positions;
using Microsoft.Extensions.Logging;

namespace Mesh.Inference.Decoding;

/// <summary>
/// The one thread that uses a context. Whatever is pending of all sessions goes into the next llama_decode, single tokens before prompt chunks; an answer
/// leaves as soon as its last row is there. Continuous batching as in Orca (Yu et al., OSDI 2022).
/// </summary>
internal sealed partial class DecodeLoop : IDisposable
{
    private readonly ContextHandle _context;
    private readonly ILogger _logger;
    private readonly SequenceTable _sequences;
    private readonly BatchBuffer _batch;
    private readonly BatchPlan _plan;
    private readonly StepAnswer _answer;
    private readonly StepAdmission _admission;
    private readonly ConcurrentQueue<StepWork> _inbox = new();
    private readonly ConcurrentQueue<StepWork> _pool = new();
    private readonly AutoResetEvent _signal = new(false);
    private readonly List<StepWork> _waiting = [];
    private readonly List<StepWork> _running = [];
    private readonly AbortFlag _abort;
    private readonly BatchWindow? _window;
    private readonly Gathering? _gathering;
    private readonly CycleCounter? _cycles;
    private readonly DecodeMetrics _metrics;
    private readonly Thread _thread;
    private readonly Stall _stall = new(TimeProvider.System);
    private volatile bool _stopping;
    private volatile bool _stopped;
    private volatile bool _draining;
    private int _liveInBatch;
    private int _pending;
    private long _decodedTokens, _allocatedBytes;

    public DecodeLoop(ContextHandle context, AbortFlag abort, SequenceTable sequences, BatchPlan plan, StepAnswer answer, int contextLength, BatchWindow? window, CycleCounter? cycles, string name, ILogger logger)
    {
        (_context, _abort, _sequences, _plan, _answer, _logger) = (context, abort, sequences, plan, answer, logger);
        (_batch, _window, _cycles) = (plan.Batch, window, cycles);
        _gathering = window is null ? null : new(window, _signal);
        _admission = new(_sequences, contextLength);
        _sequences.Ended = window is null ? null : sequence => window.Leave(sequence.Id);
        _metrics = new(name, window);
        _thread = new(Run) { IsBackground = true, Name = $"decode {name}" };
    }

    public int ActiveSessions => _sequences.Active;

    public long DecodedTokens => Volatile.Read(ref _decodedTokens);

    public long AllocatedBytes => Volatile.Read(ref _allocatedBytes);

    /// <summary>True while no step is under way.</summary>
    public bool IsIdle => Volatile.Read(ref _pending) == 0;

    /// <summary>How long the steps under way have not moved, as seen by those who asked before.</summary>
    public TimeSpan Stalled => _stall.Of((_abort.Pulse, DecodedTokens), IsIdle);

    /// <summary>What waits for the sessions of a batch; null where each is computed alone.</summary>
    public BatchWindow? Window => _window;

    public void Start() => _thread.Start();

    public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        if (!_pool.TryDequeue(out var work))
            work = new();
        Interlocked.Increment(ref _pending);
        return work.Begin(this, request, reply, cancellationToken);
    }

    public void Release(SessionId session) => Enqueue(new StepWork { Released = session });

    public Task<SequenceKeys?> ReadKeysAsync(SessionId session)
    {
        var reading = new KeyReading(session);
        Enqueue(new StepWork { Reading = reading });
        return reading.Done;
    }

    /// <summary>From now on no new session is begun; those under way go on.</summary>
    public void BeginDrain()
    {
        _draining = true;
        _signal.Set();
    }

    internal void Enqueue(StepWork work)
    {
        _inbox.Enqueue(work);
        Interlocked.MemoryBarrier(); // What is queued is visible before the flag is read, so that one side or the other sees it.
        if (_stopped)
            RefuseInbox();
        else
            _signal.Set();
    }

    internal void OnEnded() => Interlocked.Decrement(ref _pending);

    internal void Return(StepWork work) => _pool.Enqueue(work);

    /// <summary>When nobody waits for anything in the batch under way any more, it is aborted within one micro-batch.</summary>
    internal void OnCancelled(StepWork work)
    {
        if (work.InBatch && Interlocked.Decrement(ref _liveInBatch) == 0)
            _abort.Raise();
        _signal.Set();
    }

    /// <summary>Stops the thread, aborting what it computes; what is pending is refused.</summary>
    public void Dispose()
    {
        _stopping = true;
        _abort.Raise();
        _signal.Set();
        if (_thread.IsAlive)
            _thread.Join();
        Stop();
        _batch.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            try
            {
                Admit();
                if (_running.Count == 0)
                    _signal.WaitOne();
                else if (_draining || _gathering?.Waits(_running) is not true)
                    Decode();
            }
            catch (Exception fault)
            {
                LogFault(_logger, fault);
                FinishAll(StepStatus.Failed);
            }
        }
        Admit();
        FinishAll(StepStatus.Refused);
        foreach (var work in _waiting)
            work.Complete(StepStatus.Refused);
        Stop();
    }

    /// <summary>What comes after this is refused by whoever brings it.</summary>
    private void Stop()
    {
        _stopped = true;
        Interlocked.MemoryBarrier();
        RefuseInbox();
    }

    private void RefuseInbox()
    {
        while (_inbox.TryDequeue(out var work))
            if (work.Request is not null)
                work.Complete(StepStatus.Refused);
            else
                work.Reading?.Refuse();
    }

    private void Admit()
    {
        DropCancelled(_waiting);
        DropCancelled(_running);
        for (var i = 0; i < _waiting.Count; i++)
            if (TryAdmit(_waiting[i]))
                _waiting.RemoveAt(i--);
        while (_inbox.TryDequeue(out var work))
        {
            if (work.Reading is { } reading)
                reading.Run(_context, _sequences);
            else if (work.Request is null)
                _sequences.Release(work.Released);
            else if (!TryAdmit(work))
                _waiting.Add(work);
        }
    }

    /// <summary>False when it must wait for an earlier step of the same session.</summary>
    private bool TryAdmit(StepWork work)
    {
        StepStatus? admitted;
        try
        {
            admitted = _admission.Admit(work, acceptNewSessions: !_draining && !_stopping);
        }
        catch (Exception fault)
        {
            LogFault(_logger, fault);
            admitted = StepStatus.Failed;
        }
        switch (admitted)
        {
            case null:
                return false;
            case StepStatus.Ok:
                _running.Add(work);
                _window?.Arrive(work.Sequence!.Id, work.Enqueued);
                return true;
            case var refusal:
                work.Complete(refusal.Value);
                return true;
        }
    }

    private void DropCancelled(List<StepWork> works)
    {
        for (var i = works.Count - 1; i >= 0; i--)
        {
            if (!works[i].IsCancelled)
                continue;
            var work = works[i];
            works.RemoveAt(i);
            if (work.Sequence is { } sequence)
            {
                sequence.IsBusy = false;
                _window?.Leave(sequence.Id);
            }
            work.CompleteCancelled();
        }
    }

    private void Decode()
    {
        _plan.Build(_running);
        _context.UseThreads(_plan.Threads);
        foreach (var work in _running)
            work.InBatch = work.BatchCount > 0;
        // Before the count: a cancellation that comes between is handled after this batch, a spurious abort only repeats it.
        _abort.Lower(unless: _stopping);
        Volatile.Write(ref _liveInBatch, _plan.Works);
        _window?.BeginDecode(_plan.Works);
        _cycles?.OnBegun();
        var begun = DecodeMetrics.Begin();
        var result = _context.Decode(_batch.Native);
        while (result == DecodeResult.NoRoom && _sequences.Evict())
            result = _context.Decode(_batch.Native);
        foreach (var work in _running)
            work.InBatch = false;
        switch (result)
        {
            case DecodeResult.Ok:
                _metrics.End(begun, _batch.Count, _plan.Works);
                _decodedTokens += _batch.Count;
                Collect();
                Volatile.Write(ref _allocatedBytes, GC.GetAllocatedBytesForCurrentThread());
                break;
            case DecodeResult.Aborted:
                foreach (var work in _running)
                    _sequences.Resync(work.Sequence!);
                break;
            case DecodeResult.NoRoom:
                LogNoRoom(_logger, _batch.Count);
                Finish(_running.FindLastIndex(w => w.BatchCount > 0), StepStatus.Busy, keep: false);
                break;
            default:
                LogDecodeFailed(_logger, result);
                FinishAll(StepStatus.Failed);
                break;
        }
    }

    private void Collect()
    {
        _window?.EndDecode();
        for (var i = _running.Count - 1; i >= 0; i--)
        {
            var work = _running[i];
            if (work.BatchCount == 0)
                continue;
            switch (_answer.Collect(work, _batch))
            {
                case StepProgress.Done:
                    _sequences.Cut(work.Sequence!, work.End);
                    Finish(i, StepStatus.Ok, keep: true);
                    break;
                case StepProgress.BadRow:
                    LogBadRow(_logger, work.Request.Session);
                    Finish(i, StepStatus.Failed, keep: false);
                    break;
            }
        }
    }

    private void FinishAll(StepStatus status)
    {
        while (_running.Count > 0)
            Finish(_running.Count - 1, status, keep: false);
    }

    private void Finish(int index, StepStatus status, bool keep)
    {
        var work = _running[index];
        _running.RemoveAt(index);
        var sequence = work.Sequence!;
        sequence.IsBusy = false;
        if (!keep)
        {
            _sequences.Cut(sequence, 0);
            _window?.Leave(sequence.Id);
        }
        else
            _window?.Answer(sequence.Id);
        work.Complete(status);
    }
}
