using Mesh.Ledger.Tiles;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Log;

/// <summary>The tiles and bundles of a log in its store. A tile there may have grown already; what is asked for is its beginning. Bundles are put together from their entries.</summary>
public sealed class StoreTiles(ILedgerStore store) : ITileSource
{
    public async Task<byte[]?> ReadAsync(Tile tile, CancellationToken stop)
    {
        if (tile.Level != Tile.EntriesLevel)
            return await store.ReadAsync(LedgerKeys.Tile(tile), stop) is { Value: var hashes } && hashes.Length >= tile.Width * Hash.Bytes ? hashes[..(tile.Width * Hash.Bytes)] : null;
        var first = tile.Index * Tile.FullWidth;
        var entries = await store.ReadManyAsync([.. Enumerable.Range(0, tile.Width).Select(i => LedgerKeys.Entry(first + i))], stop);
        return entries.Any(e => e is null) ? null : EntryBundle.Format([.. entries.Select(e => (ReadOnlyMemory<byte>)e)]);
    }
}
