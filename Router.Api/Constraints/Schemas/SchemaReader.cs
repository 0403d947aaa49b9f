using System.Text.Json;
using Router.Api.Json;

namespace Router.Api.Constraints.Schemas;

/// <summary>
/// Reads JSON schema (2020-12, and what earlier drafts wrote otherwise) into schemas: here the keywords that combine schemas, in <see cref="ShapeReader"/>
/// those of a type. Keywords that say nothing about values are passed over; what cannot be read exactly is refused by name.
/// </summary>
internal sealed class SchemaReader
{
    private const int MaxEnum = 1000, MaxAlternatives = 64, MaxAliases = 64, MaxNames = 1000;

    private static readonly string[] Unkept = ["unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef"];

    /// <summary>What a schema that is nothing but a <c>$ref</c> may have beside it.</summary>
    private static readonly HashSet<string> Descriptions = ["$ref", "title", "description", "default", "examples", "$comment", "deprecated", "readOnly", "writeOnly"];

    private readonly SchemaSpace _space;
    private readonly SchemaDocument _document;
    private readonly ShapeReader _shapes;
    private readonly Dictionary<string, Schema> _read = [];

    public SchemaReader(SchemaSpace space, SchemaDocument document) => (_space, _document, _shapes) = (space, document, new(space, Read));

    public Schema Read(SchemaPlace place)
    {
        for (var aliases = 0; place.Element.ValueKind == JsonValueKind.Object; aliases++)
        {
            var fields = JsonFields.Of(place.Element, place.Path);
            if (fields.Text("$ref") is not { } reference || !fields.PropertyNames(ShapeReader.MaxKeywords).All(Descriptions.Contains))
                break;
            place = aliases < MaxAliases ? _document.Resolve(reference, fields.Path("$ref")) : throw SchemaErrors.Bad(place.Path, "it refers to itself without end");
        }
        if (place.Element.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return place.Element.ValueKind == JsonValueKind.True ? _space.Any : _space.Never;
        _ = JsonFields.Of(place.Element, place.Path);
        if (!_read.TryGetValue(place.Pointer, out var schema))
            _read[place.Pointer] = schema = _space.Create(place.Path, () => Expand(place));
        return schema;
    }

    private IReadOnlyList<Shape> Expand(SchemaPlace place)
    {
        var fields = JsonFields.Of(place.Element, place.Path);
        var names = fields.PropertyNames(ShapeReader.MaxKeywords);
        foreach (var keyword in Unkept)
            if (fields.TryGet(keyword, out var value) && value.ValueKind != JsonValueKind.True)
                throw SchemaErrors.Unkept(fields.Path(keyword), $"'{keyword}' is not supported");
        // References within a part that has an address of its own are relative to that part.
        if (place.Pointer.Length > 0 && fields.Text("$id") is { } id && !id.StartsWith('#') && place.Element.GetRawText().Contains("\"$ref\""))
            throw SchemaErrors.Unkept(fields.Path("$id"), "an '$id' within a schema, around a '$ref', is not supported");
        var shapes = _shapes.Read(place, fields, names);
        foreach (var keyword in names.Distinct())
            if (place.Element.GetProperty(keyword).ValueKind is not JsonValueKind.Null || keyword == "const")
                shapes = Narrow(shapes, keyword, place, fields);
        return shapes;
    }

    private IReadOnlyList<Shape> Narrow(IReadOnlyList<Shape> shapes, string keyword, SchemaPlace place, JsonFields fields)
    {
        var path = fields.Path(keyword);
        switch (keyword)
        {
            case "const":
                return Product([new ValuesShape([Checked(place.Property(keyword))]) { Path = place.Path }]);
            case "enum":
                _ = fields.Array(keyword, MaxEnum, minimum: 1);
                return Product([new ValuesShape([.. place.Property(keyword).Items().Select(Checked)]) { Path = place.Path }]);
            case "$ref":
                return Product(Read(_document.Resolve(fields.RequiredText(keyword), path)).Shapes);
            case "allOf":
                return Alternatives().Aggregate(shapes, (all, part) => _space.Product(all, part.Shapes, path));
            case "anyOf":
                return Product(_space.Union(Alternatives().SelectMany(a => a.Shapes), path));
            case "oneOf":
                return Product(_space.Union(Exclusive(Alternatives(), path), path));
            case "not":
                return Product(_space.Not(Read(place.Property(keyword)), path).Shapes);
            case "if" when fields.Has("then") || fields.Has("else"):
                return Product(Choose(Read(place.Property(keyword)), path));
            case "dependentRequired" or "dependentSchemas" or "dependencies":
                return Dependent();
            default:
                return shapes;
        }

        IReadOnlyList<Shape> Product(IReadOnlyList<Shape> others) => _space.Product(shapes, others, path);

        Schema[] Alternatives()
        {
            _ = fields.Array(keyword, MaxAlternatives, minimum: 1);
            return [.. place.Property(keyword).Items().Select(Read)];
        }

        IReadOnlyList<Shape> Choose(Schema condition, string path)
        {
            var then = fields.Has("then") ? Read(place.Property("then")) : _space.Any;
            var otherwise = fields.Has("else") ? Read(place.Property("else")) : _space.Any;
            return _space.Union([.. _space.Product(condition.Shapes, then.Shapes, path), .. _space.Product(_space.Not(condition, path).Shapes, otherwise.Shapes, path)], path);
        }

        IReadOnlyList<Shape> Dependent()
        {
            var dependencies = fields.Object(keyword)!.Value;
            foreach (var name in dependencies.PropertyNames(MaxNames).Distinct())
            {
                if (!dependencies.TryGet(name, out _))
                    continue;
                var value = place.Property(keyword).Property(name);
                var with = value.Element.ValueKind == JsonValueKind.Array
                    ? [Having(value.Items().Select(i => JsonFields.TextOf(i.Element, i.Path)).Prepend(name).Distinct(), place.Path)]
                    : _space.Product([Having([name], place.Path)], Read(value).Shapes, path);
                var without = ObjectShape.Any(_space) with { Named = [new(name, _space.Never, IsRequired: false)], Path = place.Path };
                shapes = _space.Product(shapes, [.. with, without, .. _space.Any.Shapes.Where(s => s.Kind != ShapeKind.Object)], path);
            }
            return shapes;
        }
    }

    /// <summary>Each alternative without what another holds too.</summary>
    private IEnumerable<Shape> Exclusive(Schema[] alternatives, string path)
    {
        foreach (var one in alternatives.Index())
        {
            var shapes = one.Item.Shapes;
            foreach (var other in alternatives.Index())
                if (other.Index != one.Index && !_space.Both(one.Item, other.Item).IsEmpty)
                    shapes = _space.Product(shapes, _space.Not(other.Item, path).Shapes, path);
            foreach (var shape in shapes)
                yield return shape;
        }
    }

    private ObjectShape Having(IEnumerable<string> names, string path) => ObjectShape.Any(_space) with { Named = [.. names.Select(n => new NamedProperty(n, _space.Any, IsRequired: true))], Path = path };

    /// <summary>The value, if all its texts are Unicode.</summary>
    private static JsonElement Checked(SchemaPlace place)
    {
        if (place.Element.ValueKind == JsonValueKind.String)
            _ = JsonFields.TextOf(place.Element, place.Path);
        else if (place.Element.ValueKind == JsonValueKind.Array)
            foreach (var item in place.Items())
                _ = Checked(item);
        else if (place.Element.ValueKind == JsonValueKind.Object)
            foreach (var name in JsonFields.Of(place.Element, place.Path).PropertyNames(MaxNames))
                _ = Checked(place.Property(name));
        return place.Element;
    }
}
