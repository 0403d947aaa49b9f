using System.CommandLine;
using Mesh.Governance.Http.Genesis;
using Mesh.Ledger.Tiles;
using Mesh.Tool.Governance;
using Mesh.Tool.Ledger;

namespace Mesh.Tool.Verbs.Ledger;

/// <summary><c>mesh ledger export</c>: the ledger as a folder of C2SP tlog-tiles, which anybody's tools verify.</summary>
internal static class ExportVerb
{
    public static Command Create(Terminal terminal)
    {
        var folder = new Argument<string>("folder") { Description = "Where it is written; full tiles that are there already are kept." };
        var command = new Verb("export", "Copies the committed ledger into a folder: checkpoint, tiles, entries, and the genesis.", "mesh ledger export audit && mesh ledger verify --from audit --genesis genesis.json") { folder };
        var ledger = new LedgerOptions(command, terminal);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            var source = ledger.Open(arguments, out var client);
            using var _ = client;
            var target = Path.GetFullPath(arguments.GetValue(folder)!);
            var head = await source.CheckpointAsync(cancellationToken);
            var size = head.Checkpoint.Size;
            var tiles = Enumerable.Range(Tile.EntriesLevel, Tile.MostLevel - Tile.EntriesLevel + 1).SelectMany(level => Tile.AllIn(size, level));
            foreach (var tile in tiles)
                if (Path.Combine(target, tile.Path) is var file && !(tile.IsFull && File.Exists(file)))
                    await WriteAsync(file, Exactly(tile, await source.ReadTileAsync(tile, cancellationToken)), cancellationToken);
            if (ledger.Genesis(arguments) is { } genesis)
                GenesisFile.Write(Path.Combine(target, "genesis.json"), genesis);
            // Last: whoever finds a checkpoint finds what it promises.
            await WriteAsync(Path.Combine(target, "checkpoint"), System.Text.Encoding.UTF8.GetBytes(head.ToString()), cancellationToken);
            terminal.Print($"{size} entries");
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>A tile that has grown since the checkpoint, as wide as it was.</summary>
    private static ReadOnlyMemory<byte> Exactly(Tile tile, byte[] bytes)
    {
        if (tile.Level != Tile.EntriesLevel)
            return bytes.AsMemory(0, Math.Min(bytes.Length, tile.Width * Mesh.Ledger.Tree.Hash.Bytes));
        var entries = EntryBundle.Parse(bytes).Entries;
        return entries.Count >= tile.Width ? EntryBundle.Format([.. entries.Take(tile.Width)]) : throw ToolException.Unverified($"{tile} has {entries.Count} entries in place of {tile.Width}.");
    }

    private static async Task WriteAsync(string file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllBytesAsync(file, bytes, cancellationToken);
    }
}
