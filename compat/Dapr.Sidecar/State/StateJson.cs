using System.Globalization;
using System.Text;
using System.Text.Json;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.State;

/// <summary>Reads the items of state requests.</summary>
internal static class StateJson
{
    public static StateWrite ReadOperation(JsonElement operation, StateStore store, AppInstance app, IReadOnlyDictionary<string, string> common)
    {
        var kind = Json.Text(operation, "operation");
        if (kind is not ("upsert" or "delete"))
            throw DaprError.BadRequest("ERR_NOT_SUPPORTED_STATE_OPERATION", $"operation type {kind} not supported");
        return Json.TryGet(operation, "request", out var request) && request.ValueKind == JsonValueKind.Object
            ? ReadWrite(request, store, app, kind == "delete", common, message => new(500, "ERR_STATE_TRANSACTION", $"error while executing state transaction: {message}"))
            : throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", "failed deserializing HTTP body: an operation lacks its request");
    }

    /// <param name="common">Metadata of the whole request; the item's own goes before it.</param>
    /// <param name="fault">Makes the error of a value that the store refuses.</param>
    public static StateWrite ReadWrite(JsonElement item, StateStore store, AppInstance app, bool isDelete, IReadOnlyDictionary<string, string> common, Func<string, DaprError> fault)
    {
        if (item.ValueKind != JsonValueKind.Object)
            throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", "json: a state item must be an object");
        if (Json.Optional(item, "key") is not { Length: > 0 } key)
            throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", "\"key\" is a required field");
        var name = StateStores.KeyOf(store, app, key);
        var value = isDelete ? null : Json.TryGet(item, "value", out var json) ? Encoding.UTF8.GetBytes(json.GetRawText()) : "null"u8.ToArray();
        Json.TryGet(item, "options", out var options);
        var concurrency = Json.Text(options, "concurrency");
        if (concurrency is not (null or "" or "first-write" or "last-write"))
            throw fault($"unrecognized concurrency model '{concurrency}'");
        if (Json.Text(options, "consistency") is { } consistency and not ("" or "strong" or "eventual"))
            throw fault($"unrecognized consistency model '{consistency}'");
        var metadata = Json.Map(item, "metadata");
        return new(name, value, Json.Optional(item, "etag"), concurrency == "first-write", Ttl(metadata.ContainsKey("ttlInSeconds") ? metadata : common, fault));
    }

    /// <summary>ttlInSeconds, a whole number; zero and less is no limit.</summary>
    public static TimeSpan? Ttl(IReadOnlyDictionary<string, string> metadata, Func<string, DaprError> fault)
    {
        if (metadata.GetValueOrDefault("ttlInSeconds") is not { Length: > 0 } text)
            return null;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
            ? seconds > 0 ? TimeSpan.FromSeconds(seconds) : null
            : throw fault($"error parsing TTL: incorrect value for metadata 'ttlInSeconds': '{text}' is no whole number");
    }
}
