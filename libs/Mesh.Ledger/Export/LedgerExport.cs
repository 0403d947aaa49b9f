using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Tiles;

namespace Mesh.Ledger.Export;

/// <summary>Writes a log into a folder as C2SP tlog-tiles serves it: <c>checkpoint</c>, <c>tile/&lt;level&gt;/...</c>, <c>tile/entries/...</c>. Any web server can serve it, any tool verify it.</summary>
public static class LedgerExport
{
    public const string CheckpointFile = "checkpoint";

    /// <exception cref="LedgerDamagedException">A tile or bundle of the tree is missing.</exception>
    public static async Task WriteAsync(ITileSource source, SignedCheckpoint head, string folder, CancellationToken stop)
    {
        for (var level = Tile.EntriesLevel; level <= Tile.MostLevel; level++)
            foreach (var tile in Tile.AllIn(head.Checkpoint.Size, level))
            {
                var path = Path.Combine(folder, tile.Path);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await File.WriteAllBytesAsync(path, await source.ReadAsync(tile, stop) ?? throw new LedgerDamagedException($"{tile}: it is missing."), stop);
            }
        // Last: who finds it finds all that it speaks of.
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(folder).FullName, CheckpointFile), head.ToString(), stop);
    }
}
