using System.Text.Json;

namespace Router.Api.Constraints.Schemas;

internal enum ShapeKind { Values, Number, String, Array, Object }

/// <summary>Values of one type that meet bounds, all at once. Shapes are exact: what only a part of the values is generated of is left to the rules.</summary>
internal abstract record Shape(ShapeKind Kind)
{
    /// <summary>Where the schema stands that it comes from, for errors.</summary>
    public string Path { get; init; } = "";

    /// <summary>
    /// False for types that a schema without <c>type</c> admits only because it does not speak of them: valid, but not what is meant by
    /// <c>{"properties": ...}</c>.
    /// </summary>
    public bool IsMeant { get; init; } = true;

    /// <summary>How many parts it has: what an intersection costs.</summary>
    public virtual int Size => 1;

    /// <summary>What both hold; the other is of the same kind.</summary>
    public abstract Shape Both(Shape other, SchemaSpace space);

    /// <summary>All other values of its kind, or of all kinds for <see cref="ShapeKind.Values"/>.</summary>
    /// <param name="path">The keyword that asks for them.</param>
    public abstract IEnumerable<Shape> Without(SchemaSpace space, string path);

    public abstract bool Holds(JsonElement value, SchemaSpace space);

    /// <summary>True when it is known to hold nothing.</summary>
    public abstract bool IsEmpty(SchemaSpace space);
}

/// <summary>Some values, one by one.</summary>
internal sealed record ValuesShape(IReadOnlyList<JsonElement> Values) : Shape(ShapeKind.Values)
{
    public static readonly ValuesShape Null = new([JsonSerializer.SerializeToElement<string?>(null)]);
    public static readonly ValuesShape Booleans = new([JsonSerializer.SerializeToElement(true), JsonSerializer.SerializeToElement(false)]);
    public static readonly ValuesShape NullAndBooleans = new([.. Null.Values, .. Booleans.Values]);

    public override int Size => 1 + Values.Count;

    public ValuesShape Where(Func<JsonElement, bool> holds) => this with { Values = [.. Values.Where(holds)] };

    public override Shape Both(Shape other, SchemaSpace space) => Where(v => other.Holds(v, space));

    public override IEnumerable<Shape> Without(SchemaSpace space, string path)
    {
        yield return NullAndBooleans.Where(v => !Holds(v, space)) with { Path = path };
        var texts = Values.Where(v => v.ValueKind == JsonValueKind.String).Select(v => space.Languages.Text(v.GetString()!)).ToArray();
        yield return new StringShape { Text = texts.Length == 0 ? space.Languages.Anything : space.Languages.Not(space.Languages.Either(texts)), Path = path };
        foreach (var numbers in NumberShape.Except(Values.Where(v => v.ValueKind == JsonValueKind.Number), path))
            yield return numbers;
        foreach (var kind in (Shape[])[new ArrayShape { Items = space.Any, Path = path }, ObjectShape.Any(space) with { Path = path }])
        {
            IReadOnlyList<Shape> rest = [kind];
            foreach (var value in Values)
                if (AsShape(value, space) is { } shape && shape.Kind == kind.Kind)
                    rest = space.Product(rest, [.. shape.Without(space, path)], path);
            foreach (var shape in rest)
                yield return shape;
        }
    }

    public override bool Holds(JsonElement value, SchemaSpace space) => Values.Any(v => JsonElement.DeepEquals(v, value));

    public override bool IsEmpty(SchemaSpace space) => Values.Count == 0;

    /// <summary>A constant array or object in terms of its parts.</summary>
    private static Shape? AsShape(JsonElement value, SchemaSpace space) => value.ValueKind switch
    {
        JsonValueKind.Array => new ArrayShape
        {
            Prefix = [.. value.EnumerateArray().Select(space.Constant)], Items = space.Never, Least = value.GetArrayLength(), Most = value.GetArrayLength(),
        },
        JsonValueKind.Object => ObjectShape.Any(space) with
        {
            Named = [.. value.EnumerateObject().Select(p => new NamedProperty(p.Name, space.Constant(p.Value), IsRequired: true))], Rest = [],
        },
        _ => null,
    };
}
