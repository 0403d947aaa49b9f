using System.Globalization;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr.Sidecar.Errors;

namespace Dapr.Sidecar.PubSub;

/// <summary>The envelopes that daprd puts round what is published.</summary>
internal static class CloudEvents
{
    public const string ContentType = "application/cloudevents+json";
    private const string DefaultType = "com.dapr.event.sent";
    private const string NoTrace = "00-00000000000000000000000000000000-0000000000000000-00";

    /// <param name="metadata">Of the request: rawPayload, ttlInSeconds, cloudevent.*.</param>
    /// <returns>What the broker keeps.</returns>
    /// <exception cref="DaprError">An envelope was announced, but this is none.</exception>
    public static byte[] Wrap(PublishedData published, IReadOnlyDictionary<string, string> metadata, DateTimeOffset now)
    {
        if (metadata.GetValueOrDefault("rawPayload") is { } raw && raw.Equals("true", StringComparison.OrdinalIgnoreCase))
            return published.Data;
        var envelope = IsCloudEvent(published.ContentType) ? Read(published) : Make(published);
        foreach (var (name, value) in metadata)
            if (name.StartsWith("cloudevent.", StringComparison.OrdinalIgnoreCase))
                envelope[name["cloudevent.".Length..].ToLowerInvariant()] = value;
        envelope["pubsubname"] = published.PubSub;
        envelope["topic"] = published.Topic;
        envelope["time"] ??= Time(now);
        envelope["traceid"] ??= published.TraceParent ?? NoTrace;
        envelope["traceparent"] ??= published.TraceParent ?? NoTrace;
        envelope["tracestate"] ??= published.TraceState ?? "";
        if (metadata.GetValueOrDefault("ttlInSeconds") is { } ttl && long.TryParse(ttl, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < int.MaxValue)
            envelope["expiration"] = Time(now.AddSeconds(seconds));
        return JsonSerializer.SerializeToUtf8Bytes(envelope);
    }

    /// <summary>For a subscription that wants the bytes as they were published.</summary>
    public static byte[] WrapRaw(string pubSub, string topic, byte[] payload) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["data_base64"] = Convert.ToBase64String(payload),
        ["datacontenttype"] = MediaTypeNames.Application.Octet,
        ["id"] = Guid.NewGuid().ToString(),
        ["pubsubname"] = pubSub,
        ["source"] = "Dapr",
        ["specversion"] = "1.0",
        ["topic"] = topic,
        ["type"] = DefaultType,
    });

    public static bool HasExpired(JsonElement cloudEvent, DateTimeOffset now) =>
        Json.Text(cloudEvent, "expiration") is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end) && end < now;

    private static JsonObject Read(PublishedData published)
    {
        try
        {
            var envelope = JsonNode.Parse(published.Data, documentOptions: Json.Options) as JsonObject ?? throw new JsonException("it is no object");
            envelope["source"] ??= "Dapr";
            envelope["specversion"] ??= "1.0";
            envelope["type"] ??= DefaultType;
            return envelope;
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException)
        {
            throw new DaprError(500, "ERR_PUBSUB_CLOUD_EVENTS_SER", "cannot create cloudevent");
        }
    }

    private static JsonObject Make(PublishedData published)
    {
        var contentType = string.IsNullOrEmpty(published.ContentType) ? MediaTypeNames.Text.Plain : published.ContentType;
        var envelope = new JsonObject
        {
            ["datacontenttype"] = contentType,
            ["id"] = Guid.NewGuid().ToString(),
            ["source"] = published.AppId,
            ["specversion"] = "1.0",
            ["type"] = DefaultType,
        };
        var type = contentType.Split(';')[0].Trim().ToLowerInvariant();
        if (type == MediaTypeNames.Application.Octet)
            envelope["data_base64"] = Convert.ToBase64String(published.Data);
        else
            envelope["data"] = type == MediaTypeNames.Application.Json || type.EndsWith("+json", StringComparison.Ordinal)
                ? Parse(published.Data)
                : Encoding.UTF8.GetString(published.Data);
        return envelope;
    }

    /// <summary>What claims to be JSON and is not goes as text, as daprd has it.</summary>
    private static JsonNode? Parse(byte[] data)
    {
        try
        {
            return JsonNode.Parse(data, documentOptions: Json.Options);
        }
        catch (JsonException)
        {
            return Encoding.UTF8.GetString(data);
        }
    }

    private static bool IsCloudEvent(string? contentType) => contentType is not null && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}

/// <summary>A message as it came in.</summary>
internal sealed record PublishedData(string AppId, string PubSub, string Topic, byte[] Data, string? ContentType, string? TraceParent, string? TraceState);
