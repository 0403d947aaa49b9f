using System.Text;
using System.Text.Json;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;
using Dapr.Sidecar.State;

namespace Dapr.Sidecar.Actors;

/// <summary>The state of actors, in the store marked actorStateStore.</summary>
internal sealed class ActorState(StateStores stores, ActorTable table)
{
    private const string SaveFault = "ERR_ACTOR_STATE_TRANSACTION_SAVE";

    /// <exception cref="DaprError">There is no such store.</exception>
    public StateStore Store => stores.ActorStore ?? throw new DaprError(500, "ERR_ACTOR_RUNTIME_NOT_FOUND",
        "the state store is not configured to use the actor runtime. Have you set the - name: actorStateStore value: \"true\" in your state store component file?");

    public StateEntry? Get(AppInstance app, ActorKey actor, string key) => Store.Get(actor.StateKey(app.AppId, key));

    /// <summary>All or none. Only the app that hosts the active actor may write: nobody else can have two minds about it.</summary>
    public async Task WriteAsync(AppInstance app, ActorKey actor, Func<IReadOnlyList<StateWrite>> writes, CancellationToken cancellationToken)
    {
        var store = Store;
        if (table.OwnerOf(actor) != app)
            throw DaprError.BadRequest("ERR_ACTOR_INSTANCE_MISSING", "actor instance is missing");
        await store.WriteAsync(writes(), cancellationToken);
    }

    /// <param name="operations">An array of {operation, request{key, value, metadata}}, or null.</param>
    public static IReadOnlyList<StateWrite> Parse(JsonElement operations, ActorKey actor, AppInstance app) =>
        operations.ValueKind == JsonValueKind.Array ? [.. operations.EnumerateArray().Select(o => ParseOne(o, actor, app))] : [];

    private static StateWrite ParseOne(JsonElement operation, ActorKey actor, AppInstance app)
    {
        var kind = Json.Text(operation, "operation");
        if (kind is not ("upsert" or "delete"))
            throw Fault($"operation type {kind} not supported");
        if (!Json.TryGet(operation, "request", out var request) || request.ValueKind != JsonValueKind.Object)
            throw Fault("request data is empty");
        if (Json.Text(request, "key") is not { Length: > 0 } key)
            throw Fault("missing key");
        var value = kind == "delete" ? null : Json.TryGet(request, "value", out var json) ? Encoding.UTF8.GetBytes(json.GetRawText()) : "null"u8.ToArray();
        return new(actor.StateKey(app.AppId, key), value, Ttl: StateJson.Ttl(Json.Map(request, "metadata"), Fault));
    }

    public static DaprError Fault(string message) => new(500, SaveFault, $"error saving actor transaction state: {message}");
}
