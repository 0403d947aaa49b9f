using System.Text.Json;
using Dapr.Sidecar.Errors;

namespace Dapr.Sidecar.PubSub;

/// <summary>What an app asked for in its answer to GET /dapr/subscribe.</summary>
/// <param name="Rules">Tried in order; the last may be the default, without a condition.</param>
/// <param name="Bulk">The app wants many messages in one request.</param>
internal sealed record Subscription(string PubSub, string Topic, IReadOnlyList<SubscriptionRule> Rules, IReadOnlyDictionary<string, string> Metadata, string DeadLetterTopic, BulkSubscription? Bulk = null)
{
    /// <summary>The app wants the bytes as published, wrapped in an event of their own.</summary>
    public bool IsRaw => Metadata.GetValueOrDefault("rawPayload") is { } raw && raw.Equals("true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Where this event goes; null when no rule is for it.</summary>
    public string? RouteOf(JsonElement cloudEvent) => Rules.FirstOrDefault(r => r.Match is null || r.Match.Holds(cloudEvent))?.Path;

    public static IReadOnlyList<Subscription> Parse(JsonElement root) => root.ValueKind == JsonValueKind.Array
        ? [.. root.EnumerateArray().Select(ParseOne).OfType<Subscription>()]
        : [];

    private static Subscription? ParseOne(JsonElement item)
    {
        if (Json.Text(item, "pubsubname") is not { Length: > 0 } pubSub && (pubSub = Json.Text(item, "pubsubName")) is not { Length: > 0 })
            return null;
        if (Json.Text(item, "topic") is not { Length: > 0 } topic)
            return null;
        var rules = new List<SubscriptionRule>();
        if (Json.TryGet(item, "routes", out var routes))
        {
            if (Json.TryGet(routes, "rules", out var list) && list.ValueKind == JsonValueKind.Array)
                foreach (var rule in list.EnumerateArray())
                    if (Json.Text(rule, "path") is { } path)
                        rules.Add(new(Json.Text(rule, "match") is { Length: > 0 } match ? EventRule.Parse(match) : null, path));
            if (Json.Text(routes, "default") is { Length: > 0 } fallback)
                rules.Add(new(null, fallback));
        }
        if (Json.Text(item, "route") is { Length: > 0 } route)
            rules.Add(new(null, route));
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (Json.TryGet(item, "metadata", out var map) && map.ValueKind == JsonValueKind.Object)
            foreach (var property in map.EnumerateObject())
                metadata[property.Name] = property.Value.ToString();
        return new(pubSub, topic, rules, metadata, Json.Text(item, "deadLetterTopic") ?? "", BulkSubscription.Parse(item));
    }
}

internal sealed record SubscriptionRule(EventRule? Match, string Path);

/// <param name="Most">Messages in one request.</param>
/// <param name="Wait">How long the first one of a request waits for others.</param>
internal sealed record BulkSubscription(int Most, TimeSpan Wait)
{
    /// <summary>No request holds more, whatever was asked for.</summary>
    public const int Limit = 1000;

    /// <returns>Null when it is not enabled. Where a number is missing or no count, daprd's holds.</returns>
    public static BulkSubscription? Parse(JsonElement subscription) =>
        Json.TryGet(subscription, "bulkSubscribe", out var bulk) && Json.TryGet(bulk, "enabled", out var enabled) && enabled.ValueKind == JsonValueKind.True
            ? new(Math.Min(Count(bulk, "maxMessagesCount", 100), Limit), TimeSpan.FromMilliseconds(Count(bulk, "maxAwaitDurationMs", 1000)))
            : null;

    private static int Count(JsonElement bulk, string name, int missing) =>
        Json.TryGet(bulk, name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count > 0 ? count : missing;
}
