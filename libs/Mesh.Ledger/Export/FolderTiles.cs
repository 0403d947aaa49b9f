using Mesh.Ledger.Tiles;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Export;

/// <summary>The tiles and bundles of a log in a folder, at the paths at which a log serves them. No larger file is read than a tile can be.</summary>
public sealed class FolderTiles(string folder) : ITileSource
{
    private const int MostTileBytes = Tile.FullWidth * Hash.Bytes, MostBundleBytes = Tile.FullWidth * (sizeof(ushort) + EntryBundle.MostEntryBytes);

    /// <exception cref="LedgerDamagedException">A file is larger than a tile can be.</exception>
    public async Task<byte[]?> ReadAsync(Tile tile, CancellationToken stop)
    {
        // A tile's path is made of numbers: it leads to nowhere else.
        var file = new FileInfo(Path.Combine(folder, tile.Path));
        if (!file.Exists)
            return null;
        return file.Length <= (tile.Level == Tile.EntriesLevel ? MostBundleBytes : MostTileBytes)
            ? await File.ReadAllBytesAsync(file.FullName, stop)
            : throw new LedgerDamagedException($"{tile}: the file has {file.Length} bytes, more than any tile.");
    }
}
