using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Tiles;

/// <summary>Where the tiles and bundles of a log are read: its store, a folder, an address. What it gives is not trusted.</summary>
public interface ITileSource
{
    /// <returns>The bytes of the tile at <see cref="Tile.Path"/>, or null when there is none.</returns>
    Task<byte[]?> ReadAsync(Tile tile, CancellationToken stop);
}

/// <summary>Tiles and bundles with their widths checked.</summary>
public static class TileSources
{
    /// <exception cref="LedgerDamagedException">There is no such tile, or it is too short.</exception>
    public static async Task<Hash[]> ReadHashesAsync(this ITileSource source, Tile tile, CancellationToken stop)
    {
        var bytes = await source.ReadGrownAsync(tile, stop);
        return bytes is not null && bytes.Length >= tile.Width * Hash.Bytes
            ? Hash.ManyFrom(bytes.AsSpan(0, tile.Width * Hash.Bytes))
            : throw new LedgerDamagedException($"{tile}: {(bytes is null ? "the tile is missing" : $"the tile has {bytes.Length} bytes")}.");
    }

    /// <summary>The tile, or what it has grown to meanwhile: a log may drop partial tiles then.</summary>
    internal static async Task<byte[]?> ReadGrownAsync(this ITileSource source, Tile tile, CancellationToken stop) =>
        await source.ReadAsync(tile, stop) ?? (tile.IsFull ? null : await source.ReadAsync(tile with { Width = Tile.FullWidth }, stop));
}
