using System.Text.Json;
using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Constraints.Schemas;

/// <summary>A value within the document of a schema.</summary>
/// <param name="Pointer">Its JSON pointer, equal for no two values.</param>
/// <param name="Path">Where it is in the request, for errors.</param>
internal readonly record struct SchemaPlace(JsonElement Element, string Pointer, string Path)
{
    public SchemaPlace Property(string name) => new(Element.GetProperty(name), $"{Pointer}/{name.Replace("~", "~0").Replace("/", "~1")}", $"{Path}.{SchemaErrors.Short(name)}");

    public SchemaPlace Item(int index) => new(Element[index], $"{Pointer}/{index}", $"{Path}[{index}]");

    public IEnumerable<SchemaPlace> Items()
    {
        var place = this;
        return Enumerable.Range(0, Element.GetArrayLength()).Select(i => place.Item(i));
    }
}

/// <summary>The document of a schema, in which <c>$ref</c> names places.</summary>
internal sealed class SchemaDocument(JsonElement root, string path)
{
    /// <summary>Keywords whose values are data, whatever they look like.</summary>
    private static readonly HashSet<string> Data = ["const", "enum", "default", "examples"];

    private Dictionary<string, SchemaPlace>? _anchors;

    public SchemaPlace Root { get; } = new(root, "", path);

    /// <summary>A JSON pointer after <c>#</c>, an anchor, or the <c>$id</c> of a part.</summary>
    public SchemaPlace Resolve(string reference, string keyword)
    {
        var own = Root.Element.ValueKind == JsonValueKind.Object && Root.Element.TryGetProperty("$id", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString()!.TrimEnd('#') : "";
        var fragment = own.Length > 0 && reference.StartsWith(own, StringComparison.Ordinal) ? reference[own.Length..] : reference;
        if (fragment.Length == 0 && reference.Length > 0)
            return Root;
        _anchors ??= Anchors();
        if (_anchors.TryGetValue(Uri.UnescapeDataString(fragment), out var anchor))
            return anchor;
        if (!fragment.StartsWith('#'))
            throw SchemaErrors.Unkept(keyword, "a '$ref' out of the schema is not supported: it starts with '#'");
        fragment = Uri.UnescapeDataString(fragment[1..]);
        if (fragment.Length > 0 && fragment[0] != '/')
            throw Nothing();
        var place = Root;
        foreach (var step in fragment.Split('/').Skip(1).Select(s => s.Replace("~1", "/").Replace("~0", "~")))
            place = place.Element.ValueKind switch
            {
                JsonValueKind.Object when place.Element.TryGetProperty(step, out _) => place.Property(step),
                JsonValueKind.Array when int.TryParse(step, System.Globalization.NumberStyles.None, null, out var index) && index < place.Element.GetArrayLength() => place.Item(index),
                _ => throw Nothing(),
            };
        return place;

        ApiException Nothing() => SchemaErrors.Bad(keyword, $"'$ref' names nothing: '{SchemaErrors.Short(reference)}'");
    }

    private Dictionary<string, SchemaPlace> Anchors()
    {
        var anchors = new Dictionary<string, SchemaPlace>();
        var open = new Stack<SchemaPlace>([Root]);
        while (open.TryPop(out var place))
        {
            if (place.Element.ValueKind == JsonValueKind.Array)
                foreach (var item in place.Items())
                    open.Push(item);
            if (place.Element.ValueKind != JsonValueKind.Object)
                continue;
            var fields = JsonFields.Of(place.Element, place.Path);
            foreach (var name in fields.PropertyNames(int.MaxValue - 1).Distinct())
            {
                var value = place.Property(name);
                if (name is "$anchor" or "$id" && value.Element.ValueKind == JsonValueKind.String)
                    anchors.TryAdd((name == "$anchor" ? "#" : "") + JsonFields.TextOf(value.Element, value.Path), place);
                else if (!Data.Contains(name))
                    open.Push(value);
            }
        }
        return anchors;
    }
}
