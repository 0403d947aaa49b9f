using System.Text;
using System.Text.Json;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.PubSub;

/// <summary>/v1.0/publish</summary>
internal static class PubSubEndpoints
{
    public static IServiceCollection AddPubSub(this IServiceCollection services) => services
        .AddSingleton<MessageStore>()
        .AddSingleton<Broker>()
        .AddHostedService<Delivery>();

    public static void MapPubSub(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/v1.0/publish/{pubSub}/{**topic}", ["POST", "PUT"], Publish);
        routes.MapMethods("/v1.0-alpha1/publish/bulk/{pubSub}/{**topic}", ["POST", "PUT"], PublishBulk);
    }

    private static async Task<IResult> Publish(string pubSub, string? topic, HttpContext context, Broker broker, AppRegistry apps)
    {
        var app = apps.Of(context);
        byte[] data;
        try
        {
            data = await RequestBody.BytesAsync(context);
        }
        catch (BodyTooLarge)
        {
            throw new DaprError(500, "ERR_PUBSUB_PUBLISH_MESSAGE", $"error when publishing to topic {topic} in pubsub {pubSub}: stream too large");
        }
        if (string.IsNullOrEmpty(topic))
            throw Fallback.NoApp;
        var message = new PublishedData(app.AppId, pubSub, topic, data, context.Request.ContentType, Header(context, "traceparent"), Header(context, "tracestate"));
        var metadata = Metadata(context);
        await broker.PublishAsync(app, pubSub, topic, [message], _ => metadata, context.RequestAborted);
        return Results.NoContent();
    }

    private static async Task<IResult> PublishBulk(string pubSub, string? topic, HttpContext context, Broker broker, AppRegistry apps)
    {
        var app = apps.Of(context);
        broker.MustExist(app, pubSub, topic ?? "");
        var where = $"topic {topic} pubsub {pubSub}";
        using var body = await EntriesAsync(context, where);
        var entries = Read(body.RootElement, where);
        var messages = entries.Select(e => new PublishedData(app.AppId, pubSub, topic!, Bytes(e, where), e.ContentType, Header(context, "traceparent"), Header(context, "tracestate"))).ToArray();
        CheckIds(entries.Select(e => e.Id), pubSub, topic!);
        var common = Metadata(context);
        await broker.PublishAsync(app, pubSub, topic!, messages, i => OfEntry(common, entries[i].Metadata), context.RequestAborted);
        return Results.NoContent();
    }

    private sealed record Entry(string Id, string ContentType, JsonElement? Event, IReadOnlyDictionary<string, string> Metadata);

    private static async Task<JsonDocument> EntriesAsync(HttpContext context, string where)
    {
        try
        {
            return await RequestBody.JsonAsync(context, JsonValueKind.Array);
        }
        catch (Exception fault) when (fault is JsonException or DaprError or BodyTooLarge)
        {
            throw Unreadable(where, fault.Message);
        }
    }

    private static Entry[] Read(JsonElement list, string where)
    {
        try
        {
            return list.ValueKind == JsonValueKind.Null ? [] : [.. list.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Object
                ? new Entry(Json.Optional(e, "entryId") ?? "", Json.Optional(e, "contentType") ?? "", Json.TryGetField(e, "event", out var data) ? data : null, Json.Map(e, "metadata"))
                : throw Unreadable(where, "an entry must be an object"))];
        }
        catch (DaprError fault) when (fault.Code == "ERR_MALFORMED_REQUEST")
        {
            throw Unreadable(where, fault.Message);
        }
    }

    private static DaprError Unreadable(string where, string fault) => DaprError.BadRequest("ERR_PUBSUB_EVENTS_SER", $"error when unmarshaling the request for {where}: {fault}");

    /// <exception cref="DaprError">Each must be there and its own.</exception>
    public static void CheckIds(IEnumerable<string> ids, string pubSub, string topic)
    {
        var seen = new HashSet<string>();
        if (!ids.All(id => id.Length > 0 && seen.Add(id)))
            throw DaprError.BadRequest("ERR_PUBSUB_EVENTS_SER", $"error marshaling events to bytes for topic {topic} pubsub {pubSub}. error: entryId is duplicated or not present for entry");
    }

    /// <summary>As daprd has it: an entry without metadata of its own gets none of the request's either, and the request alone says whether payloads are raw.</summary>
    public static IReadOnlyDictionary<string, string> OfEntry(IReadOnlyDictionary<string, string> common, IReadOnlyDictionary<string, string> own)
    {
        var all = own.Count > 0 ? new Dictionary<string, string>(common, StringComparer.OrdinalIgnoreCase) : new(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in own)
            all[name] = value;
        all["rawPayload"] = common.GetValueOrDefault("rawPayload") ?? "";
        return all;
    }

    /// <summary>Text stands for itself, octet streams come as base64, JSON as it is.</summary>
    private static byte[] Bytes(Entry entry, string where)
    {
        var type = entry.ContentType.Split(';')[0].Trim().ToLowerInvariant();
        if (type == "application/json" || type.EndsWith("+json", StringComparison.Ordinal))
            return Encoding.UTF8.GetBytes(entry.Event?.GetRawText() ?? "null");
        if (entry.Event is { } data && Json.String(data) is { } text)
        {
            if (type == "application/octet-stream" && data.TryGetBytesFromBase64(out var bytes))
                return bytes;
            if (type.StartsWith("text/", StringComparison.Ordinal) || type == "application/xml")
                return Encoding.UTF8.GetBytes(text);
        }
        throw DaprError.BadRequest("ERR_PUBSUB_EVENTS_SER", $"error when marshalling cloud event envelope for {where}: the event does not fit its content type");
    }

    private static string? Header(HttpContext context, string name) => context.Request.Headers[name] is { Count: > 0 } values ? values[0] : null;

    /// <summary>metadata.* of the query.</summary>
    public static IReadOnlyDictionary<string, string> Metadata(HttpContext context)
    {
        const string prefix = "metadata.";
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in context.Request.Query)
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                metadata[name[prefix.Length..]] = values.ToString();
        return metadata;
    }
}
