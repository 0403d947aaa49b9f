using System.Globalization;
using System.Text;
using System.Text.Json;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.State;

/// <summary>Reads the items of state requests.</summary>
internal static class StateJson
{
    public static StateWrite ReadOperation(JsonElement operation, StateStore store, AppInstance app)
    {
        var kind = Text(operation, "operation");
        if (kind is not ("upsert" or "delete") || !operation.TryGetProperty("request", out var request))
            throw DaprError.BadRequest("ERR_NOT_SUPPORTED_STATE_OPERATION", $"operation type {kind} not supported");
        return ReadWrite(request, store, app, kind == "delete");
    }

    public static StateWrite ReadWrite(JsonElement item, StateStore store, AppInstance app, bool isDelete)
    {
        var key = Text(item, "key") ?? throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", "a state item lacks its key");
        var value = isDelete ? null : item.TryGetProperty("value", out var json) ? Encoding.UTF8.GetBytes(json.GetRawText()) : "null"u8.ToArray();
        var firstWrite = item.TryGetProperty("options", out var options) && Text(options, "concurrency") == "first-write";
        return new(StateStores.KeyOf(store, app, key), value, Text(item, "etag"), firstWrite, Ttl(item));
    }

    /// <summary>metadata.ttlInSeconds, a whole number as text or number.</summary>
    public static TimeSpan? Ttl(JsonElement item) =>
        item.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty("ttlInSeconds", out var ttl)
            ? ParseTtl(ttl.ToString())
            : null;

    public static TimeSpan? ParseTtl(string? text) => text is null ? null
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) ? seconds > 0 ? TimeSpan.FromSeconds(seconds) : null
        : throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", $"ttlInSeconds is '{text}'; it must be a whole number");

    public static string? Text(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
