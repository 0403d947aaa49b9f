using System.Buffers.Binary;

namespace Mesh.Ledger.Tiles;

/// <summary>Up to 256 entries one after the other, each with its length in two bytes before it (C2SP tlog-tiles).</summary>
public static class EntryBundle
{
    public const int MostEntryBytes = ushort.MaxValue;
    private const int LengthBytes = sizeof(ushort);

    public static byte[] Format(IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        var bytes = new byte[entries.Sum(e => LengthBytes + e.Length)];
        var at = 0;
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), checked((ushort)entry.Length));
            entry.CopyTo(bytes.AsMemory(at + LengthBytes));
            at += LengthBytes + entry.Length;
        }
        return bytes;
    }

    /// <summary>The entries that are whole, at most 256, and whether there is anything after them.</summary>
    public static (IReadOnlyList<ReadOnlyMemory<byte>> Entries, bool HasRest) Parse(ReadOnlyMemory<byte> bytes)
    {
        var entries = new List<ReadOnlyMemory<byte>>();
        while (entries.Count < Tile.FullWidth && bytes.Length >= LengthBytes && BinaryPrimitives.ReadUInt16BigEndian(bytes.Span) is var length && bytes.Length >= LengthBytes + length)
        {
            entries.Add(bytes.Slice(LengthBytes, length));
            bytes = bytes[(LengthBytes + length)..];
        }
        return (entries, bytes.Length > 0);
    }
}
