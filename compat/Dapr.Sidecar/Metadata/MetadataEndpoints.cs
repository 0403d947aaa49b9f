using System.Collections.Concurrent;
using System.Text;
using Dapr.Sidecar.Actors;
using Dapr.Sidecar.Components;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.Metadata;

/// <summary>/v1.0/healthz and /v1.0/metadata</summary>
internal static class MetadataEndpoints
{
    public const string Version = "1.16.0-embedded";

    public static void MapMetadata(this IEndpointRouteBuilder routes)
    {
        // The process answers once everything is loaded, so that both say the same.
        routes.MapGet("/v1.0/healthz", Health);
        routes.MapGet("/v1.0/healthz/outbound", Health);
        routes.MapGet("/v1.0/metadata", Describe);
        routes.MapPut("/v1.0/metadata/{name}", async (string name, HttpContext context, AppRegistry apps, ExtendedMetadata extended) =>
        {
            extended.Of(apps.Of(context))[name] = Encoding.UTF8.GetString(await RequestBody.BytesAsync(context));
            return Results.NoContent();
        });
    }

    private static IResult Health(HttpContext context, AppRegistry apps) =>
        context.Request.Query["appid"] is [{ Length: > 0 } asked] && asked != apps.Of(context).AppId
            ? throw new DaprError(500, "ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match")
            : Results.NoContent();

    private static IResult Describe(HttpContext context, AppRegistry apps, ActorTable table, IReadOnlyList<Component> components, ExtendedMetadata extended)
    {
        var app = apps.Of(context);
        var active = app.Actors.Types.Select(type => new { type, count = table.CountOf(app, type) }).ToArray();
        return Results.Json(new
        {
            id = app.AppId,
            runtimeVersion = Version,
            enabledFeatures = new[] { "ActorStateTTL", "SchedulerReminders" },
            actors = active,
            components = components.Where(c => c.IsFor(app.AppId)).Select(c => new { name = c.Name, type = c.Type, version = "v1", capabilities = Capabilities(c) }),
            extended = extended.Of(app),
            subscriptions = (app.Presence?.Subscriptions ?? []).Select(s => new
            {
                pubsubname = s.PubSub,
                topic = s.Topic,
                metadata = s.Metadata.Count > 0 ? s.Metadata : null,
                rules = s.Rules.Select(r => new { match = r.Match?.Text, path = r.Path }),
                deadLetterTopic = s.DeadLetterTopic,
                type = "PROGRAMMATIC",
            }),
            appConnectionProperties = app.Options.AppPort is { } port ? new { port, protocol = "http", channelAddress = "127.0.0.1" } : null,
            actorRuntime = new { runtimeStatus = "RUNNING", activeActors = active, hostReady = app.Actors.Types.Count > 0, placement = "placement: connected" },
        }, NoNulls);
    }

    private static readonly System.Text.Json.JsonSerializerOptions NoNulls = new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    public static string[] Capabilities(Component component) => component.Type switch
    {
        "state.sqlite" or "state.in-memory" => ["ETAG", "TRANSACTIONAL", "TTL", "ACTOR"],
        _ => [],
    };
}

/// <summary>What apps note of themselves.</summary>
internal sealed class ExtendedMetadata
{
    private readonly ConcurrentDictionary<AppInstance, ConcurrentDictionary<string, string>> _all = new();

    public ConcurrentDictionary<string, string> Of(AppInstance app) => _all.GetOrAdd(app, _ => new() { ["daprRuntimeVersion"] = MetadataEndpoints.Version });
}
