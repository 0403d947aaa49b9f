using Mesh.Contracts.Steps;
using Mesh.Inference.Native;

namespace Mesh.Inference.Decoding;

/// <summary>
/// Which session has which sequence. Finished sessions stay as cache: a new session whose prompt begins like any sequence here shares that prefix's cells
/// (seq_cp in the unified cache tags them, nothing is copied), the common system prompt above all. Used by the loop's thread only.
/// </summary>
internal sealed class SequenceTable
{
    private readonly ContextHandle _context;
    private readonly Sequence[] _sequences;
    private readonly Dictionary<SessionId, Sequence> _sessions = [];
    private readonly InferenceOptions _options;
    private readonly bool _share;
    private long _clock;
    private int _active;

    public SequenceTable(ContextHandle context, int count, int capacity, int vocabulary, InferenceOptions options, bool share)
    {
        (_context, _options, _share) = (context, options, share);
        _sequences = [.. Enumerable.Range(0, count).Select(id => new Sequence(id, capacity, vocabulary))];
    }

    /// <summary>Sessions that have not ended. May be read from any thread.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Told of every sequence whose session has ended or was dropped.</summary>
    public Action<Sequence>? Ended { get; set; }

    public Sequence? Find(SessionId session)
    {
        if (_sessions.GetValueOrDefault(session) is not { } sequence)
            return null;
        Touch(sequence);
        return sequence;
    }

    /// <summary>As <see cref="Find"/>, and it counts as no use.</summary>
    public Sequence? Look(SessionId session) => _sessions.GetValueOrDefault(session);

    /// <summary>
    /// A sequence for a new session, filled with as much of <paramref name="prompt"/> as another one holds, at most <paramref name="mostShared"/> tokens;
    /// null when every sequence is in use.
    /// </summary>
    public Sequence? Allocate(SessionId session, ReadOnlySpan<int> prompt, int mostShared)
    {
        if (_sessions.Count == _sequences.Length)
            DropAbandoned();
        var (source, shared) = _share ? LongestPrefix(prompt[..mostShared]) : (null, 0);
        if (Oldest(except: source) is not { } sequence)
        {
            if (source is not { Session.Value: 0, IsBusy: false })
                return null;
            (sequence, source) = (source, null); // The only one left is the cached prefix itself: take it over.
            Cut(sequence, shared);
        }
        else
            Cut(sequence, 0);
        if (source is not null && shared > 0)
        {
            _context.Share(source.Id, sequence.Id, shared);
            sequence.CopyPrefix(source, shared);
        }
        sequence.Session = session;
        Touch(sequence);
        _sessions.Add(session, sequence);
        Volatile.Write(ref _active, _sessions.Count);
        return sequence;
    }

    /// <summary>Ends a session; its tokens stay as cache.</summary>
    public void Release(SessionId session)
    {
        if (!_sessions.Remove(session, out var sequence))
            return;
        sequence.Session = default;
        Volatile.Write(ref _active, _sessions.Count);
        Ended?.Invoke(sequence);
    }

    /// <summary>Frees the cells of the least recently used sequence that nobody works on: finished ones first, then waiting sessions, which must catch up later.</summary>
    public bool Evict()
    {
        Sequence? victim = null;
        foreach (var sequence in _sequences)
            if (!sequence.IsBusy && sequence.Length > 0 && (victim is null || Rank(sequence).CompareTo(Rank(victim)) < 0))
                victim = sequence;
        if (victim is null)
            return false;
        Cut(victim, 0);
        return true;

        static (bool, long) Rank(Sequence s) => (s.Session.Value != 0, s.LastUse);
    }

    /// <summary>Drops all from <paramref name="length"/> on; all there is where the model cannot drop a part.</summary>
    public void Cut(Sequence sequence, int length)
    {
        if (sequence.Length <= length)
            return;
        if (!_context.Remove(sequence.Id, length))
            _context.Remove(sequence.Id, length = 0);
        sequence.Truncate(length);
    }

    /// <summary>After an aborted or failed decode: believe the cache, not the plan.</summary>
    public void Resync(Sequence sequence)
    {
        var length = _context.LastPosition(sequence.Id) + 1;
        if (length > sequence.Length)
            _context.Remove(sequence.Id, sequence.Length);
        sequence.Truncate(length);
    }

    private void Touch(Sequence sequence) => (sequence.LastUse, sequence.LastUseTime) = (++_clock, _options.Time.GetTimestamp());

    /// <summary>A router that died never releases its sessions: the one idle for longest gives way, if that is long enough.</summary>
    private void DropAbandoned()
    {
        Sequence? oldest = null;
        foreach (var sequence in _sequences)
            if (!sequence.IsBusy && (oldest is null || sequence.LastUse < oldest.LastUse))
                oldest = sequence;
        if (oldest is not null && _options.Time.GetElapsedTime(oldest.LastUseTime) >= _options.SessionIdle)
            Release(oldest.Session);
    }

    private Sequence? Oldest(Sequence? except)
    {
        Sequence? oldest = null;
        foreach (var sequence in _sequences)
            if (sequence != except && sequence.Session.Value == 0 && !sequence.IsBusy && (oldest is null || Key(sequence) < Key(oldest)))
                oldest = sequence;
        return oldest;

        static long Key(Sequence s) => s.Length == 0 ? -1 : s.LastUse;
    }

    private (Sequence? Source, int Length) LongestPrefix(ReadOnlySpan<int> prompt)
    {
        var (source, length) = ((Sequence?)null, 0);
        foreach (var sequence in _sequences)
            if (sequence.CommonPrefix(prompt) is var common && common > length)
                (source, length) = (sequence, common);
        return (source, length);
    }
}
