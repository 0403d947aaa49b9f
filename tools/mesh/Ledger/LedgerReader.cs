using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Tiles;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Ledger;

/// <param name="Index">Its place in the ledger.</param>
internal sealed record PlacedEntry(long Index, LedgerEntry Entry)
{
    /// <summary>For programs.</summary>
    public string Json => string.Create(CultureInfo.InvariantCulture, $$"""{"index":{{Index}},"entry":{{Entry}}}""");

    /// <summary>For people: what and who, and the act's own words where it is one.</summary>
    public string[] Cells => [$"{Index}", $"{DateTimeOffset.FromUnixTimeMilliseconds(Entry.Time):u}", Entry.Type, Entry.Id, Summary];

    private string Summary
    {
        get
        {
            var body = Entry.Body;
            if (body.ValueKind != JsonValueKind.Object)
                return body.GetRawText();
            var note = body.TryGetProperty("note", out var signed) && signed.ValueKind == JsonValueKind.String ? signed.GetString()!.Split('\n').ElementAtOrDefault(1) : null;
            var text = note ?? string.Join(", ", body.EnumerateObject().Where(p => p.Name is not "configuration").Select(p => $"{p.Name} {p.Value}"));
            return text.Length <= 160 ? text : text[..159] + "…";
        }
    }
}

/// <summary>Reads entries out of their bundles.</summary>
internal static class LedgerReader
{
    /// <summary>The entries from <paramref name="first"/> to before <paramref name="size"/>.</summary>
    /// <exception cref="ToolException">One is missing or is none.</exception>
    public static async IAsyncEnumerable<PlacedEntry> EntriesAsync(this ILedgerSource source, long first, long size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var index = first; index < size;)
        {
            var tile = Tile.In(size, Tile.EntriesLevel, index / Tile.FullWidth);
            var bytes = await source.ReadTileAsync(tile, cancellationToken);
            var entries = EntryBundle.Parse(bytes).Entries;
            if (entries.Count < tile.Width)
                throw ToolException.Unverified($"{tile} at {source.Place} has {entries.Count} entries in place of {tile.Width}.");
            for (var at = (int)(index % Tile.FullWidth); at < tile.Width; at++, index++)
                yield return new(index, Parse(index, entries[at]));
        }
    }

    /// <summary>A tile, or what it has grown to.</summary>
    public static async Task<byte[]> ReadTileAsync(this ILedgerSource source, Tile tile, CancellationToken cancellationToken) =>
        await source.ReadAsync(tile.Path, cancellationToken) ?? await source.ReadAsync(tile.PathOfFull, cancellationToken) ?? throw ToolException.Unverified($"{tile} is missing at {source.Place}.");

    private static LedgerEntry Parse(long index, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return LedgerEntry.Parse(bytes);
        }
        catch (FormatException fault)
        {
            throw ToolException.Unverified($"Entry {index}: {fault.Message}");
        }
    }
}
