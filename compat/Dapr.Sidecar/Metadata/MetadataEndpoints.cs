using Dapr.Sidecar.Actors;
using Dapr.Sidecar.Components;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.Metadata;

/// <summary>/v1.0/healthz and /v1.0/metadata</summary>
internal static class MetadataEndpoints
{
    public const string Version = "1.16.0-embedded";

    public static void MapMetadata(this IEndpointRouteBuilder routes)
    {
        // The process answers once everything is loaded, so that both say the same.
        routes.MapGet("/v1.0/healthz", () => Results.NoContent());
        routes.MapGet("/v1.0/healthz/outbound", () => Results.NoContent());
        routes.MapGet("/v1.0/metadata", (HttpContext context, AppRegistry apps, ActorTable table, IReadOnlyList<Component> components) =>
        {
            var app = apps.Of(context);
            var active = app.Actors.Types.Select(type => new { type, count = table.CountOf(app, type) }).ToArray();
            return Results.Json(new
            {
                id = app.AppId,
                runtimeVersion = Version,
                enabledFeatures = new[] { "ActorStateTTL" },
                actors = active,
                components = components.Where(c => c.IsFor(app.AppId)).Select(c => new { name = c.Name, type = c.Type, version = "v1", capabilities = Capabilities(c) }),
                extended = new Dictionary<string, string> { ["daprRuntimeVersion"] = Version },
                appConnectionProperties = new { port = app.Options.AppPort, protocol = "http", channelAddress = "127.0.0.1" },
                actorRuntime = new
                {
                    runtimeStatus = "RUNNING",
                    activeActors = active,
                    hostReady = app.IsUp && app.Actors.Types.Count > 0,
                    placement = "placement: connected",
                },
            });
        });
    }

    public static string[] Capabilities(Component component) => component.Type.StartsWith("state.", StringComparison.Ordinal)
        ? component.Metadata.GetValueOrDefault("actorStateStore") is "true" ? ["ETAG", "TRANSACTIONAL", "TTL", "ACTOR"] : ["ETAG", "TRANSACTIONAL", "TTL"]
        : [];
}
