using System.Text.Json;
using Dapr.Sidecar.Actors;

namespace Dapr.Sidecar.Hosting;

/// <summary>The answer of an app to GET /dapr/config.</summary>
/// <param name="IdleTimeout">How long an actor may rest before it is deactivated.</param>
/// <param name="Reentrant">Calls with the Dapr-Reentrancy-Id of the running turn go ahead.</param>
internal sealed record ActorConfiguration(IReadOnlySet<string> Types, TimeSpan IdleTimeout, TimeSpan DrainTimeout, bool Reentrant, int MaxStackDepth)
{
    public static readonly ActorConfiguration None = new(new HashSet<string>(), TimeSpan.FromMinutes(60), TimeSpan.FromSeconds(60), false, 32);

    public static ActorConfiguration Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            return None;
        var types = root.TryGetProperty("entities", out var entities) && entities.ValueKind == JsonValueKind.Array
            ? entities.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.String).Select(e => e.GetString()!).ToHashSet(StringComparer.Ordinal)
            : [];
        var reentrancy = root.TryGetProperty("reentrancy", out var r) && r.ValueKind == JsonValueKind.Object ? r : default;
        return new(types, Time(root, "actorIdleTimeout") ?? None.IdleTimeout, Time(root, "drainOngoingCallTimeout") ?? None.DrainTimeout,
            reentrancy.ValueKind == JsonValueKind.Object && reentrancy.TryGetProperty("enabled", out var enabled) && enabled.ValueKind == JsonValueKind.True,
            reentrancy.ValueKind == JsonValueKind.Object && reentrancy.TryGetProperty("maxStackDepth", out var depth) && depth.TryGetInt32(out var most) ? most : None.MaxStackDepth);
    }

    private static TimeSpan? Time(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && DaprTime.TryParseDuration(value.GetString()!, out var span) ? span : null;
}
