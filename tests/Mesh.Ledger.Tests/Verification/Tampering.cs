using System.Text;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tests.Log;
using Mesh.Ledger.Tree;
using Mesh.Ledger.Verification;

namespace Mesh.Ledger.Tests.Verification;

/// <summary>All that may be done to a log of 600 entries (bundles and tiles of 256, 256 and 88), and how a verifier names it.</summary>
/// <param name="Index">The entry that is named first, if any.</param>
/// <param name="Tile">The tile that is named first, if any.</param>
internal sealed record Tampering(string Name, Action<LedgerFolder> Do, FindingKind Kind, long? Index = null, string? Tile = null)
{
    public const int Size = 600;

    public static IReadOnlyList<Tampering> All { get; } =
    [
        new("a byte of an entry is flipped", f => f.Rewrite(e => e[300] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(e[300]).Replace("1700000000000", "1700000000001"))), FindingKind.Changed, 300),
        new("a byte of the last entry is flipped", f => f.Rewrite(e => e[599] = LedgerFolder.Entry(599, "1")), FindingKind.Changed, 599),
        new("the last entry is cut off", f => f.Rewrite(e => e.RemoveAt(599)), FindingKind.Cut, 599),
        new("an entry is cut out, the rest moves up", f => f.Rewrite(e => e.RemoveAt(10)), FindingKind.Cut, 10),
        new("a bundle is gone", f => f.Delete("tile/entries/001"), FindingKind.Cut, 256),
        new("a bundle is cut in an entry", f => f.Change("tile/entries/001", b => b[..^5]), FindingKind.Cut, 511),
        new("two entries of a bundle are swapped", f => f.Rewrite(e => (e[3], e[7]) = (e[7], e[3])), FindingKind.Swapped, 3),
        new("two entries of two bundles are swapped", f => f.Rewrite(e => (e[3], e[550]) = (e[550], e[3])), FindingKind.Swapped, 3),
        new("three entries are reordered", f => f.Rewrite(e => (e[20], e[21], e[22]) = (e[22], e[20], e[21])), FindingKind.Moved, 20),
        new("an entry is slipped in", f => f.Rewrite(e => e.Insert(40, LedgerFolder.Entry(40, "1", id: "new"))), FindingKind.Added, 40),
        new("an entry stands there twice", f => f.Rewrite(e => e[50] = e[49]), FindingKind.Changed, 50),
        new("there is more after the last entry", f => f.Change("tile/entries/002.p/88", b => [.. b, 0, 1, 65]), FindingKind.Added, Tile: "tile/entries/002.p/88"),
        new("a hash in a full tile is flipped", f => f.Change("tile/0/001", b => Flip(b, 77)), FindingKind.Tile, Tile: "tile/0/001"),
        new("a hash in a partial tile is flipped", f => f.Change("tile/0/002.p/88", b => Flip(b, 2000)), FindingKind.Tile, Tile: "tile/0/002.p/88"),
        new("a hash in a tile above is flipped", f => f.Change("tile/1/000.p/2", b => Flip(b, 40)), FindingKind.Tile, Tile: "tile/1/000.p/2"),
        new("a tile is gone", f => f.Delete("tile/0/001"), FindingKind.Tile, Tile: "tile/0/001"),
        new("a tile is cut", f => f.Change("tile/0/000", b => b[..^1]), FindingKind.Tile, Tile: "tile/0/000"),
        new("an entry and the hash of it are changed", ChangeBoth, FindingKind.Tile, Tile: "tile/1/000.p/2"),
        new("the log is forked, all tiles fit", Fork, FindingKind.Forked, 0),
        new("the checkpoint is signed by another key", f => f.Head = SignedCheckpoint.Sign(f.Head.Checkpoint, SigningKey.FromSeed("mesh/test", [.. Enumerable.Repeat((byte)8, 32)])), FindingKind.Signature),
        new("the size in the checkpoint is changed", f => f.Change("checkpoint", b => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(b).Replace("\n600\n", "\n599\n"))), FindingKind.Signature),
        new("the checkpoint has no quorum", f => f.Head = SignedCheckpoint.Sign(f.Head.Checkpoint, TestLog.Key).With(Cosignature.Sign(LedgerFolder.Witnesses[1], f.Head.Checkpoint, 5)), FindingKind.Quorum),
        new("the log itself appended an id twice", f => Resign(f, e => e[500] = LedgerFolder.Entry(500, id: "id/7")), FindingKind.DoubleId, 500),
        new("the log itself went back in time", f => Resign(f, e => e[500] = LedgerFolder.Entry(500, lamport: 500)), FindingKind.Lamport, 500),
        new("the log itself dated an entry before the one before it", f => Resign(f, e => e[500] = LedgerFolder.Entry(500, time: 1_699_999_999_999)), FindingKind.Time, 500),
        new("the log itself appended what is no entry", f => Resign(f, e => e[500] = """{"body":NaN}"""u8.ToArray()), FindingKind.Form, 500),
        new("the log itself appended what is not canonical", f => Resign(f, e => e[500] = [.. e[500], (byte)'\n']), FindingKind.Form, 500),
    ];

    public override string ToString() => Name;

    private static void ChangeBoth(LedgerFolder folder)
    {
        var changed = LedgerFolder.Entry(100, "1");
        folder.Rewrite(e => e[100] = changed);
        folder.Change("tile/0/000", b => [.. b[..3200], .. MerkleTree.Leaf(changed).Span, .. b[3232..]]);
    }

    private static void Fork(LedgerFolder folder)
    {
        folder.Rewrite(e => e[300] = LedgerFolder.Entry(300, "1"));
        folder.WriteTree(folder.Entries());
    }

    private static void Resign(LedgerFolder folder, Action<List<byte[]>> change)
    {
        folder.Rewrite(change);
        folder.WriteTree(folder.Entries());
        folder.Head = LedgerFolder.Sign(folder.Entries());
    }

    private static byte[] Flip(byte[] bytes, int at)
    {
        bytes[at] ^= 4;
        return bytes;
    }
}
