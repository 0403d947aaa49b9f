using System.Text.Json;
using Router.Api.Constraints.Patterns;
using Router.Api.Errors;

namespace Router.Api.Constraints.Schemas;

/// <summary>
/// Makes schemas and combines them: intersections, unions and complements, each worked out as a union of shapes. The same combination of the same
/// schemas is the same schema, so that recursive ones come to an end. Bounds on what it makes stop hostile ones.
/// </summary>
internal sealed class SchemaSpace
{
    private const int MaxSchemas = 20_000, MaxShapes = 256, MaxDepth = 100, MaxWork = 2_000_000;

    private readonly Dictionary<string, Schema> _known = [];
    private int _count, _depth, _work;

    public SchemaSpace()
    {
        Any = Create("", () => [ValuesShape.NullAndBooleans, new NumberShape(), new StringShape { Text = Languages.Anything }, new ArrayShape { Items = Any! }, ObjectShape.Any(this)]);
        Never = Create("", () => []);
    }

    public SchemaTexts Texts { get; } = new();

    public Languages Languages => Texts.Languages;

    /// <summary>Every value.</summary>
    public Schema Any { get; }

    /// <summary>No value. Another schema may be as empty; see <see cref="Schema.IsEmpty"/>.</summary>
    public Schema Never { get; }

    public Schema Create(string path, Func<IReadOnlyList<Shape>> expand, IReadOnlyList<Schema>? parts = null) =>
        ++_count <= MaxSchemas ? new(this, _count, path, parts ?? [], expand) : throw SchemaErrors.Bad(path, "it is too large");

    public Schema Constant(JsonElement value) => Create("", () => [new ValuesShape([value])]);

    /// <summary>What all of them hold.</summary>
    public Schema Both(params ReadOnlySpan<Schema> schemas)
    {
        var parts = new SortedDictionary<int, Schema>();
        foreach (var schema in schemas)
            foreach (var part in schema.Parts)
                if (part != Any)
                    parts[part.Id] = part;
        if (parts.ContainsKey(Never.Id))
            return Never;
        if (parts.Count < 2)
            return parts.Count == 0 ? Any : parts.Values.First();
        Schema[] all = [.. parts.Values];
        return Know($"&{string.Join(',', parts.Keys)}", all[0].Path, path => all.Skip(1).Aggregate(all[0].Shapes, (shapes, part) => Product(shapes, part.Shapes, path)), all);
    }

    /// <summary>What it does not hold.</summary>
    /// <param name="keyword">Where that is asked for.</param>
    public Schema Not(Schema schema, string keyword) =>
        schema == Any ? Never : schema == Never ? Any
        : Know($"!{schema.Id}", keyword, path => schema.Shapes.Aggregate(Any.Shapes, (shapes, shape) => Product(shapes, Complement(shape, path), path)));

    /// <summary>All pairs of shapes that have something in common.</summary>
    public IReadOnlyList<Shape> Product(IReadOnlyList<Shape> left, IReadOnlyList<Shape> right, string path)
    {
        var product = new List<Shape>();
        foreach (var a in left)
            foreach (var b in right)
            {
                if ((_work += a.Kind == ShapeKind.Values || b.Kind == ShapeKind.Values ? a.Size * b.Size : a.Size + b.Size) > MaxWork)
                    throw SchemaErrors.Unkept(path, "its combinations are too large together");
                var both = b.Kind == ShapeKind.Values ? b.Both(a, this) : a.Kind == ShapeKind.Values || a.Kind == b.Kind ? a.Both(b, this) : null;
                if (both is null || both.IsEmpty(this))
                    continue;
                product.Add(both with { IsMeant = a.IsMeant && b.IsMeant, Path = a.Path.Length > 0 ? a.Path : b.Path });
                if (product.Count > MaxShapes)
                    throw SchemaErrors.Unkept(path, "its alternatives make too many combinations");
            }
        return product;
    }

    public IReadOnlyList<Shape> Union(IEnumerable<Shape> shapes, string path) =>
        shapes.Take(MaxShapes + 1).ToArray() is { Length: <= MaxShapes } all ? all : throw SchemaErrors.Unkept(path, "it has too many alternatives");

    /// <exception cref="ApiException">It is nested too deeply.</exception>
    public Level Enter(string path) => ++_depth <= MaxDepth ? new(this) : throw Leave(SchemaErrors.Bad(path, "it is nested too deeply"));

    private ApiException Leave(ApiException error)
    {
        _depth--;
        return error;
    }

    private IReadOnlyList<Shape> Complement(Shape shape, string path)
    {
        var rest = shape.Without(this, path).Where(s => !s.IsEmpty(this));
        if (shape.Kind != ShapeKind.Values)
            rest = rest.Concat(Any.Shapes.Where(s => s.Kind != shape.Kind).Select(s => s with { Path = path }));
        return Union(rest, path);
    }

    private Schema Know(string key, string path, Func<string, IReadOnlyList<Shape>> expand, IReadOnlyList<Schema>? parts = null)
    {
        if (!_known.TryGetValue(key, out var known))
            _known[key] = known = Create(path, () => expand(path), parts);
        return known;
    }

    internal readonly ref struct Level(SchemaSpace space) : IDisposable
    {
        public void Dispose() => space._depth--;
    }
}
