using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Tiles;

/// <summary>Makes proofs from the tiles of a tree; each takes O(log n) of them, read at once.</summary>
public sealed class TileTree(ITileSource source, long size)
{
    public long Size => size;

    /// <exception cref="LedgerDamagedException">A tile is missing or cut short.</exception>
    public async Task<Hash> RootAsync(CancellationToken stop) => (await HashesAsync([new(0, size)], stop))[0];

    /// <inheritdoc cref="RootAsync"/>
    public Task<Hash[]> ProveInclusionAsync(long index, CancellationToken stop) => HashesAsync(MerkleTree.InclusionPath(index, size), stop);

    /// <inheritdoc cref="RootAsync"/>
    public Task<Hash[]> ProveConsistencyAsync(long oldSize, CancellationToken stop) => HashesAsync(MerkleTree.ConsistencyPath(oldSize, size), stop);

    private async Task<Hash[]> HashesAsync(IReadOnlyList<LeafRange> ranges, CancellationToken stop)
    {
        var wanted = ranges.SelectMany(r => r.Subtrees()).Select(s => Tile.Find(s)).Select(t => Tile.In(size, t.Level, t.Index)).Distinct().ToArray();
        var read = await Task.WhenAll(wanted.Select(tile => source.ReadHashesAsync(tile, stop)));
        var tiles = wanted.Zip(read).ToDictionary(t => (t.First.Level, t.First.Index), t => t.Second);
        return
        [
            .. ranges.Select(range => range.Hash(subtree =>
            {
                var (level, index, start, count) = Tile.Find(subtree);
                return MerkleTree.Root(tiles[(level, index)].AsSpan(start, count));
            })),
        ];
    }
}
