using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;
using Dapr.Sidecar.State;

namespace Dapr.Sidecar.Actors;

/// <summary>/v1.0/actors: calls and state.</summary>
internal static class ActorEndpoints
{
    public static void MapActors(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/v1.0/actors/{type}/{id}/method/{method}", ["GET", "POST", "PUT", "DELETE"], Invoke);
        routes.MapGet("/v1.0/actors/{type}/{id}/state/{key}", GetState);
        routes.MapMethods("/v1.0/actors/{type}/{id}/state", ["POST", "PUT"], Transact);
    }

    private static async Task Invoke(string type, string id, string method, HttpContext context, ActorCalls calls, StateStores stores)
    {
        if (stores.ActorStore is null)
            throw new DaprError(500, "ERR_ACTOR_RUNTIME_NOT_FOUND", "the state store is not configured to use the actor runtime. Have you set the - name: actorStateStore value: \"true\" in your state store component file?");
        var body = await BodyAsync(context);
        using var response = await calls.CallAsync(new(type, id), $"method/{Uri.EscapeDataString(method)}", body, context.Request.ContentType, context.Request.Headers,
            context.Request.Headers[ActorCalls.ReentrancyHeader] is { Count: > 0 } reentrancy ? reentrancy.ToString() : null, context.RequestAborted);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            var text = await response.Content.ReadAsStringAsync(context.RequestAborted);
            throw new DaprError(500, "ERR_ACTOR_INVOKE_METHOD", response.StatusCode == HttpStatusCode.NotFound
                ? $"error invoke actor method: actor method not found: {method}"
                : $"error invoke actor method: error from actor service: ({(int)response.StatusCode}) {text}");
        }
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
            if (!HopHeaders.IsHop(name))
                context.Response.Headers[name] = values.ToArray();
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static IResult GetState(string type, string id, string key, HttpContext context, StateStores stores, AppRegistry apps)
    {
        if (Store(stores).Get(new ActorKey(type, id).StateKey(apps.Of(context).AppId, key)) is not { } entry)
            return Results.NoContent();
        if (entry.Expires is { } expires)
            context.Response.Headers["metadata.ttlExpireTime"] = expires.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return Results.Bytes(entry.Value, "application/json");
    }

    private static async Task<IResult> Transact(string type, string id, HttpContext context, StateStores stores, AppRegistry apps, ActorTable table)
    {
        var actor = new ActorKey(type, id);
        var app = apps.Of(context);
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        if (body.RootElement.ValueKind != JsonValueKind.Array)
            throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", "an actor state transaction is an array of operations");
        var writes = body.RootElement.EnumerateArray().Select(o => ReadWrite(o, actor, app)).ToArray();
        CheckOwner(table, actor, app);
        await Store(stores).WriteAsync(writes, context.RequestAborted);
        return Results.NoContent();
    }

    /// <summary>Only the app that hosts the active actor may write its state: nobody else can have two minds about it.</summary>
    public static void CheckOwner(ActorTable table, ActorKey actor, AppInstance app)
    {
        if (table.OwnerOf(actor) != app)
            throw DaprError.BadRequest("ERR_ACTOR_INSTANCE_MISSING", "actor instance is missing");
    }

    public static StateStore Store(StateStores stores) =>
        stores.ActorStore ?? throw new DaprError(500, "ERR_ACTOR_RUNTIME_NOT_FOUND", "no state store is marked actorStateStore");

    private static StateWrite ReadWrite(JsonElement operation, ActorKey actor, AppInstance app)
    {
        var kind = StateJson.Text(operation, "operation");
        if (kind is not ("upsert" or "delete") || !operation.TryGetProperty("request", out var request) || StateJson.Text(request, "key") is not { } key)
            throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", $"'{kind}' is no operation on actor state, or it lacks its key");
        var value = kind == "delete" ? null : request.TryGetProperty("value", out var json) ? Encoding.UTF8.GetBytes(json.GetRawText()) : "null"u8.ToArray();
        return new(actor.StateKey(app.AppId, key), value, Ttl: StateJson.Ttl(request));
    }

    public static async Task<byte[]> BodyAsync(HttpContext context)
    {
        using var body = new MemoryStream((int)Math.Min(context.Request.ContentLength ?? 0, 1 << 20));
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }
}
