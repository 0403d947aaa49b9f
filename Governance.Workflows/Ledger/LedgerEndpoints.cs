using System.Text;
using Governance.Workflows.Errors;
using Mesh.Governance.Acts;
using Mesh.Ledger.Tiles;

namespace Governance.Workflows.Ledger;

/// <summary><c>/ledger</c>: the log as C2SP tlog-tiles says, so that other people's tools verify it, and receipts of single entries.</summary>
internal static class LedgerEndpoints
{
    private const int MostFound = 1000;

    /// <summary>Entries that one call looks at, each a read of the store; its answer says where the next one goes on.</summary>
    private const int MostScanned = 4000;
    private const string Immutable = "public, max-age=31536000, immutable", Fresh = "no-store";

    public static void MapLedger(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/ledger").WithTags("Ledger");
        group.MapGet("checkpoint", Checkpoint).WithSummary("The newest committed checkpoint with its cosignatures.").Refuses();
        group.MapGet("tile/{**path}", (string path, GovernanceLedger ledger, HttpResponse response, CancellationToken cancellationToken) => TileAsync($"tile/{path}", ledger, response, cancellationToken))
            .WithSummary("A tile of hashes, or under tile/entries a bundle of entries.").Refuses();
        group.MapGet("entries/{**path}", (string path, GovernanceLedger ledger, HttpResponse response, CancellationToken cancellationToken) => TileAsync($"tile/entries/{path}", ledger, response, cancellationToken))
            .WithSummary("A bundle of entries.").Refuses();
        group.MapGet("entry/{index:long}", EntryAsync).WithSummary("One entry as it is hashed.").Refuses();
        group.MapGet("proof/{**id}", ProofAsync).WithSummary("The receipt of an entry (tlog-proof), by its id or its index.").Refuses();
        group.MapGet("find", FindAsync).WithSummary("Entries of a type, oldest first; next is the after to go on with, where there is more to look at.").Refuses();
    }

    private static IResult Checkpoint(Cosigning cosigning, HttpResponse response)
    {
        response.Headers.CacheControl = Fresh;
        return Text(cosigning.Committed?.ToString() ?? throw new LedgerAwayException("No checkpoint is committed yet."));
    }

    private static async Task<IResult> TileAsync(string path, GovernanceLedger ledger, HttpResponse response, CancellationToken cancellationToken)
    {
        if (!Tile.TryParse(path, out var tile))
            throw new ActRefusedException(ActCode.Invalid, "This is no path of a tile, as tile/0/x001/067 or tile/0/001.p/12.");
        if (await ledger.Log.Tiles.ReadAsync(tile, cancellationToken) is not { } bytes)
            throw new ActRefusedException(ActCode.NotFound, "There is no such tile.");
        response.Headers.CacheControl = Immutable;
        return Results.Bytes(bytes, "application/octet-stream");
    }

    private static async Task<IResult> EntryAsync(long index, GovernanceLedger ledger, CancellationToken cancellationToken) =>
        index >= 0 && index < ledger.Log.Size && await ledger.Log.ReadEntryAsync(index, cancellationToken) is { } entry
            ? Results.Text(entry.ToString(), "application/json", Encoding.UTF8)
            : throw new ActRefusedException(ActCode.NotFound, $"There is no entry {index}.");

    private static async Task<IResult> ProofAsync(string id, GovernanceLedger ledger, Cosigning cosigning, CancellationToken cancellationToken)
    {
        var index = long.TryParse(id, System.Globalization.NumberStyles.None, null, out var number) && number < ledger.Log.Size
            ? number
            : (await ledger.FindAsync(id, cancellationToken)) ?? throw new ActRefusedException(ActCode.NotFound, $"There is no entry '{id}'.");
        if (cosigning.Committed is not { } head || head.Checkpoint.Size <= index)
            throw new QuorumUnavailableException(index);
        return Text((await ledger.Log.ProveAsync(index, head, cancellationToken)).ToString());
    }

    private static async Task<IResult> FindAsync(GovernanceLedger ledger, HttpResponse response, string? type, string? text, long? after, int? limit, CancellationToken cancellationToken)
    {
        var (found, most, size) = (new List<string>(), Math.Clamp(limit ?? 100, 1, MostFound), ledger.Log.Size);
        var first = Math.Clamp(after ?? -1, -1, size - 1) + 1;
        var (index, end) = (first, Math.Min(size, first + MostScanned));
        for (; index < end && found.Count < most; index++)
            if (await ledger.Log.ReadEntryAsync(index, cancellationToken) is { } entry && (type is null || entry.Type == type) && (text is null || entry.ToString().Contains(text, StringComparison.Ordinal)))
                found.Add($$"""{"index":{{index}},"entry":{{entry}}}""");
        response.Headers.CacheControl = Fresh;
        var next = index < size ? $$"""
            ,"next":{{index - 1}}
            """ : "";
        return Results.Text($$"""{"size":{{size}},"committed":{{ledger.Committed}},"entries":[{{string.Join(',', found)}}]{{next}}}""", "application/json", Encoding.UTF8);
    }

    private static IResult Text(string text) => Results.Text(text, "text/plain", Encoding.UTF8);
}
