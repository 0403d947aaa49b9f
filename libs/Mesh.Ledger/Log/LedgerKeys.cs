using System.Globalization;
using System.Text;
using Mesh.Ledger.Tiles;

namespace Mesh.Ledger.Log;

/// <summary>The keys under which a log lies in its store.</summary>
public static class LedgerKeys
{
    /// <summary>Size, root and Lamport time of the log.</summary>
    public const string Head = "ledger/head";
    /// <summary>The newest checkpoint that a quorum cosigned.</summary>
    public const string Committed = "ledger/committed";

    /// <summary>The checkpoint by which those before them committed new witnesses, who are made by the entry of this index.</summary>
    public static string CommittedChange(long index) => string.Create(CultureInfo.InvariantCulture, $"{Committed}/{index}");

    public static string Entry(long index) => string.Create(CultureInfo.InvariantCulture, $"ledger/entry/{index}");

    /// <summary>Has the index of the entry of this id.</summary>
    public static string Id(string id) => $"ledger/id/{id}";

    /// <summary>One key for a tile, however wide it is yet.</summary>
    public static string Tile(Tile tile) => $"ledger/{tile.PathOfFull}";

    internal static byte[] Index(long index) => Encoding.ASCII.GetBytes(index.ToString(CultureInfo.InvariantCulture));

    /// <exception cref="LedgerDamagedException">It is no index.</exception>
    internal static long ReadIndex(byte[] value, string id) =>
        long.TryParse(Encoding.ASCII.GetString(value), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : throw new LedgerDamagedException($"{Id(id)}: this is no index.");
}
