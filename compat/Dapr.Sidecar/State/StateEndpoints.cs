using System.Globalization;
using System.Text.Json;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.State;

/// <summary>/v1.0/state</summary>
internal static class StateEndpoints
{
    public static void MapState(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1.0/state/{store}/{key}", Get);
        routes.MapPost("/v1.0/state/{store}", Save);
        routes.MapPut("/v1.0/state/{store}", Save);
        routes.MapDelete("/v1.0/state/{store}/{key}", Delete);
        routes.MapPost("/v1.0/state/{store}/bulk", Bulk);
        routes.MapPost("/v1.0/state/{store}/transaction", Transact);
        routes.MapPut("/v1.0/state/{store}/transaction", Transact);
    }

    private static IResult Get(string store, string key, HttpContext context, StateStores stores, AppRegistry apps)
    {
        var app = apps.Of(context);
        var found = stores.Find(store, app);
        if (found.Get(StateStores.KeyOf(found, app, key)) is not { } entry)
            return Results.NoContent();
        context.Response.Headers.ETag = entry.ETag;
        if (entry.Expires is { } expires)
            context.Response.Headers["metadata.ttlExpireTime"] = expires.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return Results.Bytes(entry.Value, "application/json");
    }

    private static async Task<IResult> Save(string store, HttpContext context, StateStores stores, AppRegistry apps, CancellationToken cancellationToken)
    {
        var app = apps.Of(context);
        var found = stores.Find(store, app);
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellationToken);
        var items = body.RootElement.ValueKind == JsonValueKind.Array ? body.RootElement.EnumerateArray().ToArray() : [body.RootElement];
        await WriteAsync(found, [.. items.Select(i => StateJson.ReadWrite(i, found, app, isDelete: false))], "ERR_STATE_SAVE", $"failed saving state in state store {store}", cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> Delete(string store, string key, HttpContext context, StateStores stores, AppRegistry apps, CancellationToken cancellationToken)
    {
        var app = apps.Of(context);
        var found = stores.Find(store, app);
        var etag = context.Request.Headers.IfMatch.ToString();
        var write = new StateWrite(StateStores.KeyOf(found, app, key), null, etag);
        await WriteAsync(found, [write], "ERR_STATE_DELETE", $"failed deleting state with key {key}", cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> Bulk(string store, HttpContext context, StateStores stores, AppRegistry apps, CancellationToken cancellationToken)
    {
        var app = apps.Of(context);
        var found = stores.Find(store, app);
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellationToken);
        if (body.RootElement.ValueKind != JsonValueKind.Object || !body.RootElement.TryGetProperty("keys", out var list) || list.ValueKind != JsonValueKind.Array)
            throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", "the bulk request lacks keys");
        var keys = list.EnumerateArray().Select(k => k.GetString() ?? "").ToArray();
        var entries = found.GetMany(keys.Select(k => StateStores.KeyOf(found, app, k)));
        return Results.Stream(async stream =>
        {
            await using var writer = new Utf8JsonWriter(stream);
            writer.WriteStartArray();
            foreach (var (key, (_, entry)) in keys.Zip(entries))
            {
                writer.WriteStartObject();
                writer.WriteString("key", key);
                if (entry is not null)
                {
                    writer.WritePropertyName("data");
                    writer.WriteRawValue(entry.Value);
                    writer.WriteString("etag", entry.ETag);
                }
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }, "application/json");
    }

    private static async Task<IResult> Transact(string store, HttpContext context, StateStores stores, AppRegistry apps, CancellationToken cancellationToken)
    {
        var app = apps.Of(context);
        var found = stores.Find(store, app);
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellationToken);
        if (body.RootElement.ValueKind != JsonValueKind.Object || !body.RootElement.TryGetProperty("operations", out var operations) || operations.ValueKind != JsonValueKind.Array)
            return Results.NoContent();
        try
        {
            await found.WriteAsync([.. operations.EnumerateArray().Select(o => StateJson.ReadOperation(o, found, app))], cancellationToken);
        }
        catch (ETagMismatch fault)
        {
            throw new DaprError(500, "ERR_STATE_TRANSACTION", $"error while executing state transaction: {fault.Message}");
        }
        return Results.NoContent();
    }

    private static async Task WriteAsync(StateStore store, IReadOnlyList<StateWrite> writes, string code, string message, CancellationToken cancellationToken)
    {
        try
        {
            await store.WriteAsync(writes, cancellationToken);
        }
        catch (ETagMismatch fault)
        {
            throw new DaprError(409, code, $"{message}: {fault.Message}");
        }
    }
}
