using System.Text.Json;
using Dapr.Sidecar.Actors;
using Dapr.Sidecar.Errors;

namespace Dapr.Sidecar.Hosting;

/// <param name="IdleTimeout">How long an actor may rest before it is deactivated.</param>
/// <param name="Reentrant">Calls with the Dapr-Reentrancy-Id of the running turn go ahead.</param>
internal sealed record ActorTypeConfiguration(TimeSpan IdleTimeout, bool Reentrant, int MaxStackDepth)
{
    public static readonly ActorTypeConfiguration Default = new(TimeSpan.FromMinutes(60), false, 32);
}

/// <summary>The answer of an app to GET /dapr/config: the actor types it hosts.</summary>
internal sealed class ActorConfiguration
{
    private readonly Dictionary<string, ActorTypeConfiguration> _types = new(StringComparer.Ordinal);

    public static readonly ActorConfiguration None = new();

    public IReadOnlyCollection<string> Types => _types.Keys;

    public bool Hosts(string type) => _types.ContainsKey(type);

    public ActorTypeConfiguration Of(string type) => _types.GetValueOrDefault(type, ActorTypeConfiguration.Default);

    public static ActorConfiguration Parse(JsonElement root)
    {
        var result = new ActorConfiguration();
        if (root.ValueKind != JsonValueKind.Object)
            return result;
        var common = Read(root, ActorTypeConfiguration.Default);
        foreach (var type in Entities(root))
            result._types[type] = common;
        if (root.TryGetProperty("entitiesConfig", out var own) && own.ValueKind == JsonValueKind.Array)
            foreach (var group in own.EnumerateArray().Where(g => g.ValueKind == JsonValueKind.Object))
                foreach (var type in Entities(group).Where(result.Hosts))
                    result._types[type] = Read(group, common);
        return result;
    }

    private static IEnumerable<string> Entities(JsonElement root) => root.TryGetProperty("entities", out var entities) && entities.ValueKind == JsonValueKind.Array
        ? entities.EnumerateArray().Select(e => Json.String(e)).OfType<string>()
        : [];

    private static ActorTypeConfiguration Read(JsonElement root, ActorTypeConfiguration missing)
    {
        var idle = Json.Text(root, "actorIdleTimeout") is { } text && DaprTime.TryParseDuration(text, out var span) ? span : missing.IdleTimeout;
        if (!root.TryGetProperty("reentrancy", out var reentrancy) || reentrancy.ValueKind != JsonValueKind.Object)
            return missing with { IdleTimeout = idle };
        var enabled = reentrancy.TryGetProperty("enabled", out var on) && on.ValueKind == JsonValueKind.True;
        return new(idle, enabled, reentrancy.TryGetProperty("maxStackDepth", out var depth) && depth.ValueKind == JsonValueKind.Number && depth.TryGetInt32(out var most) ? most : missing.MaxStackDepth);
    }
}
