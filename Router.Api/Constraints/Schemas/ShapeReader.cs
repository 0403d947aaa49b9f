using System.Text.Json;
using Router.Api.Constraints.Patterns;
using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Constraints.Schemas;

/// <summary>Reads <c>type</c> and the keywords that belong to one type: a shape for each type.</summary>
internal sealed class ShapeReader(SchemaSpace space, Func<SchemaPlace, Schema> read)
{
    public const int MaxKeywords = 256;
    private const int MaxProperties = 1000, MaxPatterns = 6;
    private const double LeastMultiple = 1e-9, GreatestMultiple = 1e14;

    private static readonly Dictionary<string, ShapeKind> Types = new()
    {
        ["object"] = ShapeKind.Object, ["array"] = ShapeKind.Array, ["string"] = ShapeKind.String, ["number"] = ShapeKind.Number, ["integer"] = ShapeKind.Number,
        ["boolean"] = ShapeKind.Values, ["null"] = ShapeKind.Values,
    };

    private static readonly Dictionary<string, ShapeKind> Keywords = new()
    {
        ["properties"] = ShapeKind.Object, ["required"] = ShapeKind.Object, ["additionalProperties"] = ShapeKind.Object, ["patternProperties"] = ShapeKind.Object,
        ["propertyNames"] = ShapeKind.Object, ["minProperties"] = ShapeKind.Object, ["maxProperties"] = ShapeKind.Object, ["dependentRequired"] = ShapeKind.Object,
        ["dependentSchemas"] = ShapeKind.Object, ["dependencies"] = ShapeKind.Object,
        ["items"] = ShapeKind.Array, ["prefixItems"] = ShapeKind.Array, ["additionalItems"] = ShapeKind.Array, ["minItems"] = ShapeKind.Array, ["maxItems"] = ShapeKind.Array,
        ["uniqueItems"] = ShapeKind.Array, ["contains"] = ShapeKind.Array,
        ["minLength"] = ShapeKind.String, ["maxLength"] = ShapeKind.String, ["pattern"] = ShapeKind.String, ["format"] = ShapeKind.String,
        ["minimum"] = ShapeKind.Number, ["maximum"] = ShapeKind.Number, ["exclusiveMinimum"] = ShapeKind.Number, ["exclusiveMaximum"] = ShapeKind.Number, ["multipleOf"] = ShapeKind.Number,
    };

    public IReadOnlyList<Shape> Read(SchemaPlace place, JsonFields fields, IReadOnlyList<string> names)
    {
        var types = ReadTypes(fields);
        var format = fields.TryGet("format", out var given) && given.ValueKind == JsonValueKind.String ? JsonFields.TextOf(given, fields.Path("format")) : "";
        var meant = names.Where(n => Keywords.ContainsKey(n) && (n != "format" || PatternFormats.Of(format) is not null)).Select(n => Keywords[n]).ToHashSet();
        var shapes = new List<Shape>();
        if (types.Contains("null") || types.Contains("boolean"))
            shapes.Add(ValuesShape.NullAndBooleans.Where(v => types.Contains(v.ValueKind == JsonValueKind.Null ? "null" : "boolean")));
        if (types.Contains("number") || types.Contains("integer"))
            shapes.Add(ReadNumber(fields, isInteger: !types.Contains("number")));
        if (types.Contains("string"))
            shapes.Add(ReadString(fields, format));
        if (types.Contains("array"))
            shapes.Add(ReadArray(place, fields));
        if (types.Contains("object"))
            shapes.Add(ReadObject(place, fields));
        var isTyped = fields.Has("type");
        return [.. shapes.Select(s => s with { Path = place.Path, IsMeant = isTyped || meant.Count == 0 || meant.Contains(s.Kind) })];
    }

    private static IReadOnlyCollection<string> ReadTypes(JsonFields fields)
    {
        if (!fields.TryGet("type", out var type))
            return Types.Keys;
        var path = fields.Path("type");
        string[] types = type.ValueKind == JsonValueKind.Array
            ? [.. fields.Array("type", 7, minimum: 1)!.Value.EnumerateArray().Select((t, i) => JsonFields.TextOf(t, $"{path}[{i}]"))]
            : [JsonFields.TextOf(type, path)];
        return types.FirstOrDefault(t => !Types.ContainsKey(t)) is { } unknown
            ? throw ApiErrors.Invalid(path, $"Invalid value for '{path}': '{SchemaErrors.Short(unknown)}'. Supported values are: {string.Join(", ", Types.Keys.Select(k => $"'{k}'"))}.")
            : types;
    }

    private static NumberShape ReadNumber(JsonFields fields, bool isInteger)
    {
        var number = new NumberShape { MultipleOf = isInteger ? 1 : null, Path = fields.Path("multipleOf") };
        if (fields.Number("multipleOf", LeastMultiple, GreatestMultiple) is { } multiple)
            number = (NumberShape)number.Both(new NumberShape { MultipleOf = (decimal)multiple }, null!);
        if (Bound("minimum") is { } least)
            number = number with { Least = least, IsLeastOpen = IsOpen("exclusiveMinimum") };
        if (Bound("maximum") is { } greatest)
            number = number with { Greatest = greatest, IsGreatestOpen = IsOpen("exclusiveMaximum") };
        if (!IsDraft4("exclusiveMinimum") && Bound("exclusiveMinimum") is { } above && above >= number.Least)
            number = number with { Least = above, IsLeastOpen = true };
        if (!IsDraft4("exclusiveMaximum") && Bound("exclusiveMaximum") is { } below && below <= number.Greatest)
            number = number with { Greatest = below, IsGreatestOpen = true };
        return number;

        // In draft 4 these were flags beside the bound.
        bool IsDraft4(string name) => fields.TryGet(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False;
        bool IsOpen(string name) => IsDraft4(name) && fields.Flag(name);
        decimal? Bound(string name) => fields.Number(name, double.MinValue, double.MaxValue) is not { } real ? null
            : fields.TryGet(name, out var value) && value.TryGetDecimal(out var exact) && Math.Abs(exact) < NumberShape.Furthest ? exact
            : real < 0 ? -NumberShape.Furthest : NumberShape.Furthest;
    }

    private StringShape ReadString(JsonFields fields, string format)
    {
        var pattern = fields.Text("pattern") is { } text ? SchemaTexts.Promise(fields.Path("pattern"), () => PatternParser.Parse(text, space.Languages)) : space.Languages.Anything;
        return new()
        {
            Least = (int)(fields.Integer("minLength", 0, 100_000) ?? 0), Most = Most(fields, "maxLength"), Text = pattern,
            Formats = PatternFormats.Of(format) is null ? [] : [format],
        };
    }

    private ArrayShape ReadArray(SchemaPlace place, JsonFields fields)
    {
        var isDraft7 = fields.TryGet("items", out var items) && items.ValueKind == JsonValueKind.Array;
        var prefix = isDraft7 ? "items" : "prefixItems";
        var rest = isDraft7 ? "additionalItems" : "items";
        var array = new ArrayShape
        {
            Prefix = fields.Array(prefix, MaxProperties) is null ? [] : [.. place.Property(prefix).Items().Select(read)],
            Items = fields.Has(rest) ? read(place.Property(rest)) : space.Any,
            Least = (int)(fields.Integer("minItems", 0, 10_000) ?? 0), Most = Most(fields, "maxItems"), AreUnique = fields.Flag("uniqueItems"),
        };
        return !fields.Has("contains") ? array
            : array with { Contains = [new(read(place.Property("contains")), (int)(fields.Integer("minContains", 0, 1000) ?? 1), Most(fields, "maxContains"))] };
    }

    private ObjectShape ReadObject(SchemaPlace place, JsonFields fields)
    {
        var required = fields.Array("required", MaxProperties)?.EnumerateArray().Select((r, i) => JsonFields.TextOf(r, $"{fields.Path("required")}[{i}]")).ToHashSet() ?? [];
        var declared = fields.Object("properties") is { } properties ? properties.PropertyNames(MaxProperties).Distinct().ToArray() : [];
        var rest = ReadRest(place, fields, out var patterns);
        Language? keys = fields.Has("propertyNames") ? Keys(read(place.Property("propertyNames"))) : null;
        var shape = new ObjectShape
        {
            Rest = keys is null ? rest : [.. rest.Select(c => c with { Keys = space.Languages.Both(c.Keys, keys) })],
            Least = (int)(fields.Integer("minProperties", 0, MaxProperties) ?? 0), Most = Most(fields, "maxProperties"), IsListed = declared.Length > 0 || required.Count > 0,
        };
        return shape with
        {
            Named =
            [
                .. declared.Select(name => new NamedProperty(name, Value(name, read(place.Property("properties").Property(name))), required.Contains(name))),
                .. required.Except(declared).Select(name => new NamedProperty(name, shape.Value(name, space), IsRequired: true)),
            ],
        };

        Schema Value(string name, Schema own) => keys is not null && !space.Languages.Holds(keys, name) ? space.Never
            : space.Both([own, .. patterns.Where(p => space.Languages.Holds(p.Keys, name)).Select(p => p.Value)]);
    }

    /// <summary>Parts the keys by the patterns that they match, since all of those hold for them.</summary>
    private IReadOnlyList<KeyClass> ReadRest(SchemaPlace place, JsonFields fields, out IReadOnlyList<KeyClass> patterns)
    {
        var isInvited = fields.Has("additionalProperties");
        var additional = isInvited ? read(place.Property("additionalProperties")) : space.Any;
        patterns = [];
        if (fields.Object("patternProperties") is not { } given)
            return additional == space.Never ? [] : [new(space.Languages.Anything, additional, isInvited)];
        var path = fields.Path("patternProperties");
        var names = given.PropertyNames(MaxProperties).Distinct().ToArray();
        if (names.Length > MaxPatterns)
            throw SchemaErrors.Unkept(path, $"'patternProperties' with more than {MaxPatterns} patterns is not supported");
        patterns = [.. names.Select(n => new KeyClass(
            SchemaTexts.Promise($"{path}.{SchemaErrors.Short(n)}", () => PatternParser.Parse(n, space.Languages)), read(place.Property("patternProperties").Property(n)), IsInvited: true))];
        List<(Language Keys, Schema? Value)> classes = [(space.Languages.Anything, null)];
        foreach (var pattern in patterns)
            classes = [.. classes.SelectMany(c => new (Language Keys, Schema?)[]
            {
                (space.Languages.Both(c.Keys, pattern.Keys), c.Value is null ? pattern.Value : space.Both(c.Value, pattern.Value)),
                (space.Languages.Both(c.Keys, space.Languages.Not(pattern.Keys)), c.Value),
            }).Where(c => !space.Texts.Automaton(c.Keys, path).IsEmpty)];
        return [.. classes.Select(c => new KeyClass(c.Keys, c.Value ?? additional, c.Value is not null || isInvited)).Where(c => c.Value != space.Never)];
    }

    /// <summary>The texts of a schema for names.</summary>
    private Language Keys(Schema names) => space.Languages.Either(names.Shapes.Select(shape => shape switch
    {
        StringShape text => space.Texts.Of(text),
        ValuesShape values => space.Languages.Either(values.Values.Where(v => v.ValueKind == JsonValueKind.String).Select(v => space.Languages.Text(v.GetString()!))),
        _ => space.Languages.Nothing,
    }));

    private static int Most(JsonFields fields, string name) => (int)Math.Min(int.MaxValue, fields.Integer(name, 0, long.MaxValue) ?? int.MaxValue);
}
