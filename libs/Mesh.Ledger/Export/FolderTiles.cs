using Mesh.Ledger.Tiles;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Export;

/// <summary>The tiles and bundles of a log in a folder, at the paths at which a log serves them. No larger file is read than a tile can be.</summary>
public sealed class FolderTiles(string folder) : ITileSource
{
    private const int MostTileBytes = Tile.FullWidth * Hash.Bytes, MostBundleBytes = Tile.FullWidth * (sizeof(ushort) + EntryBundle.MostEntryBytes);

    public async Task<byte[]?> ReadAsync(Tile tile, CancellationToken stop)
    {
        // A tile's path is made of numbers: it leads to nowhere else.
        var file = new FileInfo(Path.Combine(folder, tile.Path));
        if (!file.Exists)
            return null;
        // One byte more than there can be shows that there is more.
        var bytes = new byte[Math.Min(file.Length, (tile.Level == Tile.EntriesLevel ? MostBundleBytes : MostTileBytes) + 1)];
        await using var stream = file.OpenRead();
        await stream.ReadExactlyAsync(bytes, stop);
        return bytes;
    }
}
