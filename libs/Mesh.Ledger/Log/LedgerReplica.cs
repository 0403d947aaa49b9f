using Mesh.Ledger.Entries;
using Mesh.Ledger.Tiles;

namespace Mesh.Ledger.Log;

/// <summary>The log up to one head, and the state that its entries make. Immutable for whoever reads it: <see cref="Edge"/> is copied before anything is added.</summary>
/// <param name="Time">Of the last entry, unix ms.</param>
/// <param name="ETag">Of the head in the store; null before the first entry.</param>
internal sealed record LedgerReplica<TState>(LedgerHead Head, string? ETag, TreeEdge Edge, TState State, long Time = 0)
{
    /// <summary>An ETag that no store has: the head was written and not read since.</summary>
    public const string NotKnown = "";
    private const int EntriesARead = 512;

    /// <summary>Reads what others appended and reduces it.</summary>
    /// <exception cref="LedgerDamagedException">The entries are not those of the head, or the store went back behind what this one has seen.</exception>
    public async Task<LedgerReplica<TState>> CatchUpAsync(ILedgerStore store, Func<TState, LedgerEntry, TState> reduce, CancellationToken stop)
    {
        var stored = await store.ReadAsync(LedgerKeys.Head, stop);
        var head = stored is null ? LedgerHead.Empty : LedgerHead.Parse(stored.Value);
        // Not by the ETag alone: a store that was put back may count up to the same one again.
        if (head == Head)
            return this with { ETag = stored?.ETag };
        if (head.Size <= Head.Size)
            throw new LedgerDamagedException($"{LedgerKeys.Head}: the store has a log of {head.Size} entries that is not the one of {Head.Size} entries seen before. It was put back or forked.");
        var (edge, state, lamport, time) = (Edge.Copy(), State, Head.Lamport, Time);
        while (edge.Size < head.Size)
        {
            var first = edge.Size;
            var keys = Enumerable.Range(0, (int)Math.Min(EntriesARead, head.Size - first)).Select(i => LedgerKeys.Entry(first + i)).ToArray();
            foreach (var (key, bytes) in keys.Zip(await store.ReadManyAsync(keys, stop)))
            {
                var entry = StoredEntry.Read(key, bytes);
                if (entry.Lamport <= lamport)
                    throw new LedgerDamagedException($"{key}: Lamport time {entry.Lamport} does not come after {lamport}.");
                if (entry.Time < time)
                    throw new LedgerDamagedException($"{key}: its time {entry.Time} is before {time}, that of the entry before it.");
                edge.Append(entry.LeafHash);
                (state, lamport, time) = (Reduce(reduce, state, entry, key), entry.Lamport, entry.Time);
            }
        }
        return edge.Root() == head.Root && lamport == head.Lamport
            ? new(head, stored?.ETag, edge, state, time)
            : throw new LedgerDamagedException($"{LedgerKeys.Head}: its root is not that of the {head.Size} entries. A verification of the tiles names the place.");
    }

    private static TState Reduce(Func<TState, LedgerEntry, TState> reduce, TState state, LedgerEntry entry, string key)
    {
        try
        {
            return reduce(state, entry);
        }
        catch (EntryRefusedException e)
        {
            throw new LedgerDamagedException($"{key}: the rules refuse this entry, which was appended by other rules: {e.Message}");
        }
    }
}
