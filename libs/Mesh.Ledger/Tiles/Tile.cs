using System.Globalization;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Tiles;

/// <summary>
/// A piece of a log as it is stored and served (C2SP tlog-tiles): up to 256 hashes of one level, or as many entries. The hash of a full tile is one hash of the level above.
/// </summary>
/// <param name="Level">0 has the hashes of the entries; <see cref="EntriesLevel"/> is a bundle of the entries themselves.</param>
/// <param name="Index">From the left, within its level.</param>
/// <param name="Width">How many it has; fewer than <see cref="FullWidth"/> only at the right edge of a tree.</param>
public readonly record struct Tile(int Level, long Index, int Width)
{
    public const int FullWidth = 256, Height = 8, EntriesLevel = -1;
    /// <summary>2^63 entries have no more levels of tiles.</summary>
    public const int MostLevel = 7;
    private const string Prefix = "tile/", Entries = "entries", Partial = ".p/";

    public bool IsFull => Width == FullWidth;

    /// <summary>Where its log serves it: <c>tile/0/x001/067.p/112</c>, <c>tile/entries/000</c>.</summary>
    public string Path => PathOfFull + (IsFull ? "" : Partial + Width.ToString(CultureInfo.InvariantCulture));

    /// <summary>Where the tile is served that this one is, or becomes when its log grows.</summary>
    public string PathOfFull
    {
        get
        {
            var number = (Index % 1000).ToString("d3", CultureInfo.InvariantCulture);
            for (var rest = Index / 1000; rest > 0; rest /= 1000)
                number = $"x{(rest % 1000).ToString("d3", CultureInfo.InvariantCulture)}/{number}";
            return $"{Prefix}{(Level == EntriesLevel ? Entries : Level.ToString(CultureInfo.InvariantCulture))}/{number}";
        }
    }

    /// <summary>The tile as wide as it is in a tree of <paramref name="size"/> leaves; of no width when it is not there yet.</summary>
    public static Tile In(long size, int level, long index) =>
        new(level, index, (int)Math.Clamp((size >> (Height * Math.Max(level, 0))) - index * FullWidth, 0, FullWidth));

    /// <summary>All tiles of one level of a tree, left to right.</summary>
    public static IEnumerable<Tile> AllIn(long size, int level)
    {
        for (var index = 0L; In(size, level, index) is { Width: > 0 } tile; index++)
            yield return tile;
    }

    /// <summary>Reads a path as <see cref="Path"/> writes it, and no other spelling.</summary>
    public static bool TryParse(string path, out Tile tile)
    {
        tile = default;
        if (path.Length > 64 || !path.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        var width = FullWidth;
        var partial = path.IndexOf(Partial, StringComparison.Ordinal);
        if (partial >= 0 && !int.TryParse(path.AsSpan(partial + Partial.Length), NumberStyles.None, CultureInfo.InvariantCulture, out width))
            return false;
        var parts = (partial < 0 ? path : path[..partial])[Prefix.Length..].Split('/');
        var level = EntriesLevel;
        if (parts[0] != Entries && !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out level))
            return false;
        var index = 0L;
        // Groups of three digits below 10^18, so that nothing overflows; a log has no more.
        if (parts.Length is < 2 or > 7 || level > MostLevel)
            return false;
        foreach (var part in parts.Skip(1))
        {
            if (!int.TryParse(part.AsSpan(part.StartsWith('x') ? 1 : 0), NumberStyles.None, CultureInfo.InvariantCulture, out var digits))
                return false;
            index = index * 1000 + digits;
        }
        tile = new(level, index, width);
        return width is > 0 and <= FullWidth && tile.Path == path;
    }

    public override string ToString() => Path;

    /// <summary>Where the hash of a complete subtree is found: the tile, and the run of its hashes that the subtree spans.</summary>
    internal static (int Level, long Index, int Start, int Count) Find(Subtree subtree)
    {
        var (level, height) = (subtree.Level / Height, subtree.Level % Height);
        var first = subtree.Index << height;
        return (level, first / FullWidth, (int)(first % FullWidth), 1 << height);
    }
}
