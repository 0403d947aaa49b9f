using System.Text.Json;
using Mesh.Governance.Configurations;

namespace Mesh.Governance.Operations;

/// <summary>One field that differs.</summary>
/// <param name="Path">Names joined by dots; an element of a list goes by its name: <c>members.ada.roles</c>, <c>routing.experts.quarantined.unix</c>.</param>
/// <param name="Before">Null where there was none.</param>
/// <param name="After">Null where there is none any more.</param>
public sealed record FieldChange(string Path, JsonElement? Before, JsonElement? After)
{
    /// <summary>Every field of two configurations that differs, but the version.</summary>
    public static IReadOnlyList<FieldChange> Between(MeshConfiguration before, MeshConfiguration after)
    {
        var changes = new List<FieldChange>();
        Compare(changes, "", Json(before with { Version = 0 }), Json(after with { Version = 0 }));
        return changes;
    }

    private static JsonElement Json(MeshConfiguration configuration) => JsonSerializer.SerializeToElement(configuration, GovernanceJson.Default.MeshConfiguration);

    private static void Compare(List<FieldChange> changes, string path, JsonElement? before, JsonElement? after)
    {
        if (before is { } a && after is { } b && JsonElement.DeepEquals(a, b))
            return;
        if (Fields(before) is { } left && Fields(after) is { } right)
            foreach (var name in left.Keys.Union(right.Keys))
                Compare(changes, path.Length == 0 ? name : $"{path}.{name}", Get(left, name), Get(right, name));
        else
            changes.Add(new(path, before, after));
    }

    private static JsonElement? Get(Dictionary<string, JsonElement> fields, string name) => fields.TryGetValue(name, out var value) ? value : null;

    /// <summary>The parts of an object by their names, of a list by its elements' names; null for what is compared as a whole.</summary>
    private static Dictionary<string, JsonElement>? Fields(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.Object } o => o.EnumerateObject().ToDictionary(p => p.Name, p => p.Value),
        { ValueKind: JsonValueKind.Array } a when a.EnumerateArray().All(e => NameOf(e) is not null) && a.EnumerateArray().DistinctBy(NameOf).Count() == a.GetArrayLength() =>
            a.EnumerateArray().ToDictionary(e => NameOf(e)!),
        _ => null,
    };

    private static string? NameOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Object when element.TryGetProperty("name", out var name) => name.GetString(),
        JsonValueKind.Object when element.TryGetProperty("id", out var id) => id.GetString(),
        _ => null,
    };
}
