using System.Text.Json;

namespace Dapr.Sidecar.Errors;

/// <summary>Looks into JSON that anybody may have sent.</summary>
internal static class Json
{
    /// <summary>As deep as daprd goes.</summary>
    public static readonly JsonDocumentOptions Options = new() { MaxDepth = 10_000 };

    /// <summary>The text, or null when it is something else or half a surrogate pair.</summary>
    public static string? String(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public static string? Text(JsonElement item, string name) => TryGet(item, name, out var value) ? String(value) : null;

    public static bool TryGet(JsonElement item, string name, out JsonElement value)
    {
        try
        {
            value = default;
            return item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException)
        {
            value = default;
            return false;
        }
    }

    /// <summary>A field of a request: Go reads it by any case of its name, and clients rely on it (npm's writes <c>entryID</c>).</summary>
    public static bool TryGetField(JsonElement item, string name, out JsonElement value)
    {
        if (TryGet(item, name, out value))
            return true;
        if (item.ValueKind == JsonValueKind.Object)
            foreach (var property in item.EnumerateObject())
                if (property.NameEqualsIgnoringCase(name))
                    value = property.Value;
        return value.ValueKind != JsonValueKind.Undefined;
    }

    private static bool NameEqualsIgnoringCase(this JsonProperty property, string name)
    {
        try
        {
            return string.Equals(property.Name, name, StringComparison.OrdinalIgnoreCase);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Text or null under this name; anything else is the caller's fault, as it is for Go.</summary>
    public static string? Optional(JsonElement item, string name)
    {
        if (!TryGetField(item, name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return String(value) ?? throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: '{name}' must be text");
    }

    /// <summary>An object of texts under this name; empty when absent.</summary>
    public static IReadOnlyDictionary<string, string> Map(JsonElement item, string name)
    {
        if (!TryGetField(item, name, out var map) || map.ValueKind == JsonValueKind.Null)
            return new Dictionary<string, string>();
        if (map.ValueKind != JsonValueKind.Object)
            throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: '{name}' must be an object");
        var texts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var property in map.EnumerateObject())
            texts[property.Name] = String(property.Value) ?? throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: '{name}.{property.Name}' must be text");
        return texts;
    }
}
