using System.Text.Json;

namespace Router.Api.Constraints.Schemas;

/// <summary>So many items of an array fit a schema.</summary>
internal sealed record ContainedItems(Schema Schema, int Least, int Most);

/// <summary>Arrays: schemas for the first items, one for all others, and what is asked of them together.</summary>
internal sealed record ArrayShape() : Shape(ShapeKind.Array)
{
    public IReadOnlyList<Schema> Prefix { get; init; } = [];
    public required Schema Items { get; init; }
    public int Least { get; init; }
    public int Most { get; init; } = int.MaxValue;
    public bool AreUnique { get; init; }
    public IReadOnlyList<ContainedItems> Contains { get; init; } = [];

    public override int Size => 1 + Prefix.Count;

    public Schema Item(int index) => index < Prefix.Count ? Prefix[index] : Items;

    public override Shape Both(Shape other, SchemaSpace space)
    {
        var array = (ArrayShape)other;
        return this with
        {
            Prefix = [.. Enumerable.Range(0, Math.Max(Prefix.Count, array.Prefix.Count)).Select(i => space.Both(Item(i), array.Item(i)))],
            Items = space.Both(Items, array.Items), Least = Math.Max(Least, array.Least), Most = Math.Min(Most, array.Most),
            AreUnique = AreUnique || array.AreUnique, Contains = [.. Contains, .. array.Contains],
        };
    }

    public override IEnumerable<Shape> Without(SchemaSpace space, string path)
    {
        if (AreUnique)
            throw SchemaErrors.Unkept(path, "the complement of 'uniqueItems' cannot be kept");
        var all = new ArrayShape { Items = space.Any, Path = path };
        if (Least > 0)
            yield return all with { Most = Least - 1 };
        if (Most < int.MaxValue)
            yield return all with { Least = Most + 1 };
        for (var i = 0; i < Prefix.Count; i++)
            if (Prefix[i] != space.Any)
                yield return all with { Prefix = [.. Enumerable.Repeat(space.Any, i), space.Not(Prefix[i], path)], Least = i + 1 };
        if (Items == space.Never)
            yield return all with { Least = Prefix.Count + 1 };
        else if (Items != space.Any)
            yield return Prefix.Count == 0
                ? all with { Contains = [new(space.Not(Items, path), 1, int.MaxValue)] }
                : throw SchemaErrors.Unkept(path, "the complement of 'items' beside 'prefixItems' cannot be kept");
        foreach (var contained in Contains)
        {
            if (contained.Least > 0)
                yield return all with { Contains = [new(contained.Schema, 0, contained.Least - 1)] };
            if (contained.Most < int.MaxValue)
                yield return all with { Contains = [new(contained.Schema, contained.Most + 1, int.MaxValue)] };
        }
    }

    public override bool Holds(JsonElement value, SchemaSpace space)
    {
        if (value.ValueKind != JsonValueKind.Array)
            return false;
        var items = value.EnumerateArray().ToArray();
        return items.Length >= Least && items.Length <= Most
            && items.Select((item, i) => Item(i).Holds(item)).All(fits => fits)
            && !(AreUnique && items.Where((item, i) => items.Take(i).Any(o => JsonElement.DeepEquals(o, item))).Any())
            && Contains.All(c => items.Count(c.Schema.Holds) is var count && count >= c.Least && count <= c.Most);
    }

    public override bool IsEmpty(SchemaSpace space) =>
        Least > Most || Enumerable.Range(0, Math.Min(Least, Prefix.Count + 1)).Any(i => Item(i).IsEmpty) || Contains.Any(c => c.Least > Math.Min(c.Most, Most) || (c.Least > 0 && c.Schema.IsEmpty));
}
