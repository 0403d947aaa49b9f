using Mesh.Governance.Acts;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.State;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tiles;
using Mesh.Ledger.Tree;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Ledger;

/// <summary>
/// Goes through a ledger from its first entry: every entry against its hash, every tile against those below it, the root against the signed checkpoint, Lamport times, and every
/// decision against the rules, by the code that governs. It says what is wrong first, and where.
/// </summary>
/// <param name="genesis">The trust root; null believes the ledger's own first entry.</param>
internal sealed class LedgerAudit(ILedgerSource source, GenesisDocument? genesis)
{
    private readonly TreeEdge _edge = new();
    private readonly Queue<(Tile Tile, Hash[] Hashes)> _full = [];

    /// <summary>What the entries amount to.</summary>
    public GovernanceState State { get; private set; } = GovernanceState.Empty;

    public long Lamport { get; private set; }

    /// <summary>Goes on to a newer head.</summary>
    /// <param name="progress">How many entries are checked.</param>
    /// <returns>The witnesses who cosigned it.</returns>
    /// <exception cref="ToolException">Something does not hold.</exception>
    public async Task<IReadOnlyList<Cosignature>> RunAsync(SignedCheckpoint head, Action<long> progress, CancellationToken cancellationToken)
    {
        var size = head.Checkpoint.Size;
        if (size < _edge.Size || size == 0)
            throw ToolException.Unverified($"The checkpoint has {size} entries{(size == 0 ? "; a ledger begins with its genesis" : $" and {_edge.Size} were there before")}.");
        Hash[]? leaves = null;
        await foreach (var (index, entry) in source.EntriesAsync(_edge.Size, size, cancellationToken))
        {
            var place = (int)(index % Tile.FullWidth);
            if (leaves is null || place == 0)
                leaves = await ReadAsync(Tile.In(size, 0, index / Tile.FullWidth), cancellationToken);
            if (leaves[place] != entry.LeafHash)
                throw ToolException.Unverified($"Entry {index} ('{entry.Id}') is not the one whose hash is in {Tile.In(size, 0, index / Tile.FullWidth)}.");
            Apply(index, entry);
            _edge.Append(entry.LeafHash, (tile, hashes) => _full.Enqueue((tile, hashes)));
            while (_full.TryDequeue(out var made))
                await CompareAsync(made.Tile, made.Hashes, cancellationToken);
            progress(index + 1);
        }
        foreach (var (tile, hashes) in _edge.Partial)
            await CompareAsync(tile, hashes, cancellationToken);
        if (_edge.Root() != head.Checkpoint.Root)
            throw ToolException.Unverified($"The {size} entries make the root {_edge.Root()}, and the checkpoint has {head.Checkpoint.Root}.");
        return Cosigned(head);
    }

    private void Apply(long index, Mesh.Ledger.Entries.LedgerEntry entry)
    {
        if (entry.Lamport <= Lamport)
            throw ToolException.Unverified($"Entry {index} has the Lamport time {entry.Lamport}, which does not come after {Lamport}.");
        try
        {
            State = State.Reduce(entry);
        }
        catch (ActRefusedException refused)
        {
            throw ToolException.Unverified($"Entry {index} ('{entry.Id}') breaks a rule: {refused.Message}");
        }
        if (index == 0 && genesis is not null && (State.Log != genesis.Log || State.Configuration != genesis.Configuration))
            throw ToolException.Unverified($"Entry 0 is another genesis than the one that you named: this is another mesh '{Plain.Of(State.Configuration?.Mesh)}', or another beginning of it.");
        Lamport = entry.Lamport;
    }

    private async Task CompareAsync(Tile tile, Hash[] hashes, CancellationToken cancellationToken)
    {
        var read = await ReadAsync(tile, cancellationToken);
        for (var at = 0; at < hashes.Length; at++)
            if (read[at] != hashes[at])
                throw ToolException.Unverified($"{tile} has another hash at {at} than the tiles below it make.");
    }

    private async Task<Hash[]> ReadAsync(Tile tile, CancellationToken cancellationToken)
    {
        var bytes = await source.ReadTileAsync(tile, cancellationToken);
        return bytes.Length >= tile.Width * Hash.Bytes ? Hash.ManyFrom(bytes.AsSpan(0, tile.Width * Hash.Bytes)) : throw ToolException.Unverified($"{tile} is cut short: {bytes.Length} bytes.");
    }

    private IReadOnlyList<Cosignature> Cosigned(SignedCheckpoint head)
    {
        var log = genesis?.LogKey ?? VerifierKey.Parse(State.Log);
        if (!head.IsOf(log))
            throw ToolException.Unverified($"The checkpoint is not signed by the log '{log.Name}'.");
        var policy = State.Configuration!.Witnesses;
        var cosigned = policy.Cosigned(head);
        return cosigned.Count >= policy.Quorum ? cosigned
            : throw ToolException.Unverified($"The checkpoint is cosigned by {cosigned.Count} of {State.Configuration!.Nodes.Count} witnesses; {policy.Quorum} are needed. It is not committed.");
    }
}
