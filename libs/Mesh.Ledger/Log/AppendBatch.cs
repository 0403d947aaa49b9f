using Mesh.Ledger.Entries;
using Mesh.Ledger.Tiles;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Log;

/// <summary>Where an entry is.</summary>
/// <param name="IsNew">False: it was there before.</param>
public sealed record Appended(long Index, bool IsNew, LedgerEntry Entry);

/// <summary>One try to append drafts after one head: what it would write, and what each draft would get.</summary>
internal sealed class AppendBatch<TState>(LedgerReplica<TState> replica, Func<TState, LedgerEntry, TState> reduce, string node, long time)
{
    /// <summary>A caller's clock moves the log's by this much at most: one that was wound up neither uses up all numbers there are nor keeps an entry out.</summary>
    public const long MostLamportAhead = 1L << 20;

    private readonly Dictionary<string, byte[]> _writes = [];
    private readonly Dictionary<string, Appended> _byId = [];
    private readonly TreeEdge _edge = replica.Edge.Copy();
    private TState _state = replica.State;
    private long _lamport = replica.Head.Lamport;

    // Deadlines compare with it: a clock that was set back, or another node's that is behind, must not open again what was over.
    private readonly long _time = Math.Max(replica.Time, time);

    public bool IsEmpty => _byId.Count == 0;

    /// <summary>Adds a draft whose id the log does not have.</summary>
    /// <exception cref="EntryRefusedException">The rules refuse it.</exception>
    /// <exception cref="FormatException">It has no form of an entry.</exception>
    public Appended Add(EntryDraft draft)
    {
        if (_byId.TryGetValue(draft.Id, out var twin))
            return twin with { IsNew = false };
        var entry = LedgerEntry.Create(draft.Type, Math.Clamp(draft.Lamport, _lamport, _lamport + MostLamportAhead) + 1, node, _time, draft.Id, draft.Body);
        (_state, _lamport) = (reduce(_state, entry), entry.Lamport);
        var appended = new Appended(_edge.Size, true, entry);
        _byId[draft.Id] = appended;
        _writes[LedgerKeys.Entry(appended.Index)] = entry.Bytes.ToArray();
        _writes[LedgerKeys.Id(draft.Id)] = LedgerKeys.Index(appended.Index);
        _edge.Append(entry.LeafHash, (tile, hashes) => _writes[LedgerKeys.Tile(tile)] = Hash.ManyToBytes(hashes));
        return appended;
    }

    /// <returns>The log with all that was added, its ETag not known yet; null when another was first.</returns>
    public async Task<LedgerReplica<TState>?> CommitAsync(ILedgerStore store, CancellationToken stop)
    {
        foreach (var (tile, hashes) in _edge.Partial.Where(t => HasGrown(t.Tile.Level)))
            _writes[LedgerKeys.Tile(tile)] = Hash.ManyToBytes(hashes);
        var head = new LedgerHead(_edge.Size, _edge.Root(), _lamport);
        _writes[LedgerKeys.Head] = head.ToBytes();
        return await store.CommitAsync(_writes, LedgerKeys.Head, replica.ETag, stop) ? new(head, LedgerReplica<TState>.NotKnown, _edge, _state, _time) : null;
    }

    private bool HasGrown(int level) => _edge.Size >> (Tile.Height * level) != replica.Head.Size >> (Tile.Height * level);
}
