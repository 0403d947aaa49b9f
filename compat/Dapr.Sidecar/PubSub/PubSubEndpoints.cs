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
        using var body = await RequestBody.JsonAsync(context, JsonValueKind.Array);
        var common = Metadata(context);
        var entries = body.RootElement.ValueKind == JsonValueKind.Null ? [] : body.RootElement.EnumerateArray().ToArray();
        if (entries.Any(e => Json.Text(e, "entryId") is not { Length: > 0 }) || entries.DistinctBy(e => Json.Text(e, "entryId")).Count() != entries.Length)
            throw DaprError.BadRequest("ERR_PUBSUB_EVENTS_SER", "entryId is duplicated or not present for an entry");
        var messages = entries.Select(e => new PublishedData(app.AppId, pubSub, topic ?? "", Event(e), Json.Text(e, "contentType"), Header(context, "traceparent"), Header(context, "tracestate"))).ToArray();
        var metadata = entries.Select(e => Merge(common, Json.Map(e, "metadata"))).ToArray();
        await broker.PublishAsync(app, pubSub, topic ?? "", messages, i => metadata[i], context.RequestAborted);
        return Results.NoContent();
    }

    /// <summary>Text stands for itself, octet streams come as base64, all else is JSON.</summary>
    private static byte[] Event(JsonElement entry)
    {
        if (!Json.TryGet(entry, "event", out var data))
            return [];
        if (Json.String(data) is not { } text || Json.Text(entry, "contentType") is { } type && type.Contains("json", StringComparison.OrdinalIgnoreCase))
            return Encoding.UTF8.GetBytes(data.GetRawText());
        return Json.Text(entry, "contentType") == "application/octet-stream" && data.TryGetBytesFromBase64(out var bytes) ? bytes : Encoding.UTF8.GetBytes(text);
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

    public static IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string> common, IReadOnlyDictionary<string, string> own)
    {
        var all = new Dictionary<string, string>(common, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in own)
            all[name] = value;
        return all;
    }
}
