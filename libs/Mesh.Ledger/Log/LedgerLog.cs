using System.Threading.Channels;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Proofs;
using Mesh.Ledger.Tiles;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Log;

/// <summary>
/// A replicated state machine over a store: entries are appended one after the other, by any number of processes at once, and <see cref="State"/> is what a reducer makes of them.
/// Every batch is one transaction that holds only if the head is still the one it was made for. So no crash and no race leaves half of it, forks the log, or appends an id twice.
/// </summary>
public sealed class LedgerLog<TState> : IAsyncDisposable
{
    private readonly ILedgerStore _store;
    private readonly LedgerLogOptions _options;
    private readonly Func<TState, LedgerEntry, TState> _reduce;
    private readonly TimeProvider _time;
    private readonly Channel<Waiting> _waiting;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pump;
    private volatile LedgerReplica<TState> _replica;

    private LedgerLog(ILedgerStore store, LedgerLogOptions options, LedgerReplica<TState> replica, Func<TState, LedgerEntry, TState> reduce, TimeProvider time)
    {
        (_store, _options, _replica, _reduce, _time) = (store, options, replica, reduce, time);
        Tiles = new StoreTiles(store);
        _waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(options.MostWaiting) { SingleReader = true });
        _pump = Task.Run(PumpAsync);
    }

    /// <summary>Of all entries known here. Reading it waits for nothing.</summary>
    public TState State => _replica.State;

    public LedgerHead Head => _replica.Head;

    public long Size => Head.Size;

    public string Origin => _options.Key.Name;

    /// <summary>The tiles and bundles, to be served and verified.</summary>
    public ITileSource Tiles { get; }

    /// <summary>Reads the log that is in the store, or begins one.</summary>
    /// <exception cref="LedgerDamagedException">What is in the store is not what was written.</exception>
    public static async Task<LedgerLog<TState>> OpenAsync(
        ILedgerStore store, LedgerLogOptions options, TState initial, Func<TState, LedgerEntry, TState> reduce, TimeProvider time, CancellationToken stop)
    {
        var empty = new LedgerReplica<TState>(LedgerHead.Empty, null, new(), initial);
        return new(store, options, await empty.CatchUpAsync(store, reduce, stop), reduce, time);
    }

    /// <summary>Appends an entry, or finds the one that has its id.</summary>
    /// <exception cref="EntryRefusedException">The rules refuse it.</exception>
    /// <exception cref="FormatException">It has no form of an entry.</exception>
    /// <exception cref="TimeoutException">The store did not take it in time. It may be there or not: ask again with the same id.</exception>
    public async Task<Appended> AppendAsync(EntryDraft draft, CancellationToken stop)
    {
        if (!LedgerEntry.IsId(draft.Id))
            throw new FormatException($"An id has 1 to {LedgerEntry.MostIdCharacters} characters without spaces and control characters.");
        var waiting = new Waiting(draft, stop);
        try
        {
            await _waiting.Writer.WriteAsync(waiting, stop);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(LedgerLog<>));
        }
        return await waiting.Outcome.Task.WaitAsync(stop);
    }

    /// <summary>Reads what others appended.</summary>
    public async Task RefreshAsync(CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        try
        {
            _replica = await _replica.CatchUpAsync(_store, _reduce, stop);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <returns>Null when there is no entry of this index.</returns>
    public async Task<LedgerEntry?> ReadEntryAsync(long index, CancellationToken stop) =>
        await _store.ReadAsync(LedgerKeys.Entry(index), stop) is { } stored ? StoredEntry.Read(LedgerKeys.Entry(index), stored.Value) : null;

    /// <returns>Null when there is no entry of this id.</returns>
    public async Task<Appended?> FindAsync(string id, CancellationToken stop)
    {
        if (!LedgerEntry.IsId(id) || await _store.ReadAsync(LedgerKeys.Id(id), stop) is not { } stored)
            return null;
        var index = LedgerKeys.ReadIndex(stored.Value, id);
        return new(index, false, await ReadEntryAsync(index, stop) is { } entry && entry.Id == id ? entry : throw new LedgerDamagedException($"{LedgerKeys.Entry(index)}: the entry '{id}' is not here."));
    }

    /// <summary>A checkpoint of all entries known here, signed by the log. Each of them is in the store, so no two such checkpoints contradict each other.</summary>
    public SignedCheckpoint SignHead()
    {
        var head = Head;
        return SignedCheckpoint.Sign(new(Origin, head.Size, head.Root), _options.Key);
    }

    /// <summary>The proof that the entry <paramref name="index"/> is in the tree of <paramref name="head"/>.</summary>
    /// <exception cref="LedgerDamagedException">A tile that it needs is not what the log wrote.</exception>
    public async Task<LedgerProof> ProveAsync(long index, SignedCheckpoint head, CancellationToken stop)
    {
        var (size, root) = (head.Checkpoint.Size, head.Checkpoint.Root);
        var path = await new TileTree(Tiles, size).ProveInclusionAsync(index, stop);
        var entry = await _store.ReadAsync(LedgerKeys.Entry(index), stop);
        return entry is not null && MerkleProofs.IsIncluded(MerkleTree.Leaf(entry.Value), index, size, path, root)
            ? new(index, path, head)
            : throw new LedgerDamagedException($"{LedgerKeys.Entry(index)}: the entry or a tile above it is not the one of the tree of {size} entries.");
    }

    /// <summary>The proof that the tree of <paramref name="oldSize"/> entries is the beginning of that of <paramref name="size"/>.</summary>
    /// <inheritdoc cref="ProveAsync"/>
    public Task<Hash[]> ProveConsistencyAsync(long oldSize, long size, CancellationToken stop) => new TileTree(Tiles, size).ProveConsistencyAsync(oldSize, stop);

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _stop.CancelAsync();
        await _pump;
        _stop.Dispose();
        _turn.Dispose();
    }

    private async Task PumpAsync()
    {
        await foreach (var first in _waiting.Reader.ReadAllAsync())
        {
            List<Waiting> batch = [first];
            for (var bytes = first.Bytes; batch.Count < _options.MostEntriesABatch && _waiting.Reader.TryPeek(out var next) && (bytes += next.Bytes) <= _options.MostBytesABatch;)
                if (_waiting.Reader.TryRead(out next))
                    batch.Add(next);
            batch.RemoveAll(w => w.Stop.IsCancellationRequested);
            using var deadline = new CancellationTokenSource(_options.Deadline, _time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token);
            try
            {
                await AppendAsync(batch, stop.Token);
            }
            catch (Exception e)
            {
                var reason = e is not OperationCanceledException ? e
                    : _stop.IsCancellationRequested ? new ObjectDisposedException(nameof(LedgerLog<>))
                    : new TimeoutException($"The ledger's store did not take an append within {_options.Deadline}. It may be there or not: ask again with the same id.");
                batch.ForEach(w => w.Outcome.TrySetException(reason));
            }
        }
    }

    private async Task AppendAsync(List<Waiting> batch, CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        try
        {
            while (batch.Count > 0)
            {
                _replica = await _replica.CatchUpAsync(_store, _reduce, stop);
                var known = await _store.ReadManyAsync([.. batch.Select(w => LedgerKeys.Id(w.Draft.Id))], stop);
                var attempt = new AppendBatch<TState>(_replica, _reduce, _options.Node, _time.GetUtcNow().ToUnixTimeMilliseconds());
                var outcomes = new List<Action>();
                foreach (var (waiting, index) in batch.Zip(known))
                    outcomes.Add(index is null ? Try(attempt, waiting) : await FoundAsync(waiting, stop));
                // Another was first: what it appended is read, and all is tried again.
                if (!attempt.IsEmpty && await attempt.CommitAsync(_store, stop) is var next)
                {
                    if (next is null)
                        continue;
                    _replica = next;
                }
                outcomes.ForEach(tell => tell());
                return;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>What the caller gets if the attempt is committed.</summary>
    private static Action Try(AppendBatch<TState> attempt, Waiting waiting)
    {
        try
        {
            var appended = attempt.Add(waiting.Draft);
            return () => waiting.Outcome.TrySetResult(appended);
        }
        catch (Exception e)
        {
            return () => waiting.Outcome.TrySetException(e);
        }
    }

    private async Task<Action> FoundAsync(Waiting waiting, CancellationToken stop)
    {
        var found = (await FindAsync(waiting.Draft.Id, stop))!;
        return () => waiting.Outcome.TrySetResult(found);
    }

    private sealed record Waiting(EntryDraft Draft, CancellationToken Stop)
    {
        public TaskCompletionSource<Appended> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Bytes { get; } = Draft.Body.ValueKind == System.Text.Json.JsonValueKind.Undefined ? 0 : Draft.Body.GetRawText().Length;
    }
}
