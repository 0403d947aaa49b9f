using System.Text;
using System.Text.Json;
using Dapr.Sidecar.Errors;

namespace Dapr.Sidecar.Actors;

/// <summary>A reminder or timer as the app asked for it: times in Dapr's notations, data as JSON.</summary>
internal sealed record Schedule(string? DueTime, string? Period, string? Ttl, string? Callback, byte[]? Data)
{
    public static Schedule Read(JsonElement body) => new(
        Json.Optional(body, "dueTime"), Json.Optional(body, "period"), Json.Optional(body, "ttl"), Json.Optional(body, "callback"),
        Json.TryGet(body, "data", out var data) && data.ValueKind != JsonValueKind.Null ? Encoding.UTF8.GetBytes(data.GetRawText()) : null);

    /// <summary>What the app gets with a tick. Times of a reminder arrive empty, as daprd sends them.</summary>
    public static byte[] TickBody(byte[]? data, string? callback, string dueTime, string period)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (data is not null)
            {
                json.WritePropertyName("data");
                json.WriteRawValue(data, skipInputValidation: true);
            }
            if (callback is not null)
                json.WriteString("callback", callback);
            json.WriteString("dueTime", dueTime);
            json.WriteString("period", period);
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }
}
