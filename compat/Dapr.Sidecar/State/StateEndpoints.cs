using System.Globalization;
using System.Text.Json;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;
using Dapr.Sidecar.PubSub;

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

    public static void ShowExpiry(HttpContext context, StateEntry entry)
    {
        if (entry.Expires is { } expires)
            context.Response.Headers["metadata.ttlExpireTime"] = expires.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
    }

    private static IResult Get(string store, HttpContext context, StateStores stores, AppRegistry apps)
    {
        var app = apps.Of(context);
        var found = stores.Find(store, app);
        if (found.Get(StateStores.KeyOf(found, app, RequestBody.Segment(context, 3))) is not { } entry)
            return Results.NoContent();
        context.Response.Headers.ETag = entry.ETag;
        ShowExpiry(context, entry);
        return Results.Bytes(entry.Value, "application/json");
    }

    private static async Task<IResult> Save(string store, HttpContext context, StateStores stores, AppRegistry apps, CancellationToken cancellationToken)
    {
        var app = apps.Of(context);
        var found = stores.Find(store, app);
        using var body = await RequestBody.JsonAsync(context, JsonValueKind.Array);
        var items = body.RootElement.ValueKind == JsonValueKind.Null ? [] : body.RootElement.EnumerateArray().ToArray();
        var common = PubSubEndpoints.Metadata(context);
        var prefix = $"failed saving state in state store {store}";
        var writes = items.Select(i => StateJson.ReadWrite(i, found, app, isDelete: false, common, m => new(500, "ERR_STATE_SAVE", $"{prefix}: {m}"))).ToArray();
        await WriteAsync(found, writes, "ERR_STATE_SAVE", prefix, cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> Delete(string store, HttpContext context, StateStores stores, AppRegistry apps, CancellationToken cancellationToken)
    {
        var app = apps.Of(context);
        var found = stores.Find(store, app);
        var key = RequestBody.Segment(context, 3);
        var etag = context.Request.Headers.IfMatch.ToString();
        var write = new StateWrite(StateStores.KeyOf(found, app, key), null, etag);
        await WriteAsync(found, [write], "ERR_STATE_DELETE", $"failed deleting state with key {key}", cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> Bulk(string store, HttpContext context, StateStores stores, AppRegistry apps, CancellationToken cancellationToken)
    {
        var app = apps.Of(context);
        var found = stores.Find(store, app);
        using var body = await RequestBody.JsonAsync(context, JsonValueKind.Object);
        var keys = Json.TryGet(body.RootElement, "keys", out var list) && list.ValueKind != JsonValueKind.Null
            ? (list.ValueKind == JsonValueKind.Array ? list : throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", "failed deserializing HTTP body: 'keys' must be an array")).EnumerateArray().Select(k => Json.String(k) ?? throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", "failed deserializing HTTP body: a key must be text")).ToArray()
            : [];
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
                    writer.WriteRawValue(entry.Value, skipInputValidation: true);
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
        using var body = await RequestBody.JsonAsync(context, JsonValueKind.Object);
        if (!Json.TryGet(body.RootElement, "operations", out var operations) || operations.ValueKind != JsonValueKind.Array)
            return Results.NoContent();
        var common = Json.Map(body.RootElement, "metadata");
        try
        {
            await found.WriteAsync([.. operations.EnumerateArray().Select(o => StateJson.ReadOperation(o, found, app, common))], cancellationToken);
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
