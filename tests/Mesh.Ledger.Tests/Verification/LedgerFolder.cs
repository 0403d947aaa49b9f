using System.Text;
using System.Text.Json;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Export;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tests.Log;
using Mesh.Ledger.Tiles;
using Mesh.Ledger.Tree;
using Mesh.Ledger.Verification;
using Mesh.Testing;

namespace Mesh.Ledger.Tests.Verification;

/// <summary>A log as files, made of any bytes as entries, cosigned by two of three witnesses, and what can be done to it.</summary>
internal sealed class LedgerFolder : IDisposable
{
    public static readonly SigningKey[] Witnesses = [.. Enumerable.Range(1, 3).Select(i => SigningKey.FromSeed($"node-{i}", [.. Enumerable.Repeat((byte)i, 32)]))];
    public static readonly WitnessPolicy Policy = new(Witnesses.Select(w => w.Verifier), 2);
    private readonly TemporaryFolder _folder = new();

    private LedgerFolder()
    {
    }

    public string Path => _folder.Path;

    public SignedCheckpoint Head
    {
        get => SignedCheckpoint.Parse(File.ReadAllText(File_(LedgerExport.CheckpointFile)));
        set => File.WriteAllText(File_(LedgerExport.CheckpointFile), value.ToString());
    }

    public static byte[] Entry(int index, string body = "{}", long? lamport = null, string? id = null, long time = 1_700_000_000_000) =>
        LedgerEntry.Create("note", lamport ?? index + 1, "node-1", time, id ?? $"id/{index}", JsonElement.Parse(body)).Bytes.ToArray();

    public static LedgerFolder Create(int size) => Create([.. Enumerable.Range(0, size).Select(i => Entry(i))]);

    public static LedgerFolder Create(IReadOnlyList<byte[]> entries)
    {
        var folder = new LedgerFolder();
        folder.WriteTree(entries);
        foreach (var bundle in Tile.AllIn(entries.Count, Tile.EntriesLevel))
            folder.WriteBundle(bundle, [.. entries.Skip((int)bundle.Index * Tile.FullWidth).Take(bundle.Width)]);
        folder.Head = Sign(entries);
        return folder;
    }

    /// <summary>The head over these entries, signed and cosigned.</summary>
    public static SignedCheckpoint Sign(IReadOnlyList<byte[]> entries)
    {
        var checkpoint = new Checkpoint("mesh/test", entries.Count, MerkleTree.Root([.. entries.Select(e => MerkleTree.Leaf(e))]));
        return SignedCheckpoint.Sign(checkpoint, TestLog.Key).With([.. Witnesses.Take(2).Select(w => Cosignature.Sign(w, checkpoint, 1_700_000_000))]);
    }

    public Task<VerificationReport> VerifyAsync(params SignedCheckpoint[] known) => new LedgerVerifier(new FolderTiles(Path), TestLog.Key.Verifier, Policy).VerifyAsync(Head, known);

    /// <summary>All entries, as their bundles have them.</summary>
    public List<byte[]> Entries() => [.. Tile.AllIn(Head.Checkpoint.Size, Tile.EntriesLevel).SelectMany(t => EntryBundle.Parse(File.ReadAllBytes(File_(t.Path))).Entries).Select(e => e.ToArray())];

    /// <summary>Writes other entries into the bundles, and leaves tiles and head as they are.</summary>
    public void Rewrite(Action<List<byte[]>> change)
    {
        var entries = Entries();
        change(entries);
        foreach (var bundle in Tile.AllIn(Head.Checkpoint.Size, Tile.EntriesLevel))
            WriteBundle(bundle, [.. entries.Skip((int)bundle.Index * Tile.FullWidth).Take(bundle.Width)]);
    }

    public void WriteTree(IReadOnlyList<byte[]> entries)
    {
        var edge = new TreeEdge();
        foreach (var entry in entries)
            edge.Append(MerkleTree.Leaf(entry), (tile, hashes) => Write(tile, Hash.ManyToBytes(hashes)));
        foreach (var (tile, hashes) in edge.Partial)
            Write(tile, Hash.ManyToBytes(hashes));
    }

    public void Change(string file, Func<byte[], byte[]> change) => File.WriteAllBytes(File_(file), change(File.ReadAllBytes(File_(file))));

    public void Delete(string file) => File.Delete(File_(file));

    public void Dispose() => _folder.Dispose();

    private void WriteBundle(Tile bundle, byte[][] entries) => Write(bundle, EntryBundle.Format([.. entries.Select(e => (ReadOnlyMemory<byte>)e)]));

    private void Write(Tile tile, byte[] bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(File_(tile.Path))!);
        File.WriteAllBytes(File_(tile.Path), bytes);
    }

    private string File_(string name) => System.IO.Path.Combine(Path, name);
}
