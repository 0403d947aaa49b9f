using System.Text.Json;
using Router.Api.Constraints.Rules;

namespace Router.Api.Constraints.Schemas;

/// <summary>Arrays of a shape as a rule. Items that must be contained come first, so that the text cannot end without them.</summary>
internal sealed class ArrayCompiler(SchemaSpace space, Func<Schema, Rule> compile)
{
    private const int MaxWitnesses = 64;
    private const string NotBeside = "'contains' cannot be kept beside its other keywords";

    public Rule Compile(ArrayShape array)
    {
        var path = $"{array.Path}.contains";
        var contains = array.Contains.Count > 0;
        array = Place(array, path);
        var most = array.Most;
        for (var i = 0; i <= array.Prefix.Count; i++)
            if (i < most && array.Item(i).IsEmpty)
                most = i;
        if (array.Least > most)
            return contains ? throw SchemaErrors.Unkept(path, NotBeside) : Nothing();
        if (array.AreUnique && most > 1)
            return Unique(array with { Most = most });
        return new ArrayRule(array.Least, most) { Prefix = [.. array.Prefix.Take(most).Select(compile)], Items = most > array.Prefix.Count ? compile(array.Items) : null };
    }

    /// <summary>Gives each item that must be contained a place of its own.</summary>
    private ArrayShape Place(ArrayShape array, string path)
    {
        var items = array.Prefix.ToList();
        var witnesses = new Dictionary<int, ContainedItems>();
        foreach (var contained in array.Contains)
            for (var (i, missing) = (0, contained.Least); missing > 0; i++)
            {
                if (i >= Math.Min(array.Most, MaxWitnesses))
                    throw SchemaErrors.Unkept(path, NotBeside);
                while (items.Count <= i)
                    items.Add(array.Items);
                if (witnesses.ContainsKey(i) || space.Both(items[i], contained.Schema) is not { IsEmpty: false } both)
                    continue;
                (items[i], witnesses[i], missing) = (both, contained, missing - 1);
                array = array with { Least = Math.Max(array.Least, i + 1) };
            }
        foreach (var contained in array.Contains.Where(c => c.Most < int.MaxValue))
        {
            var other = space.Not(contained.Schema, path);
            array = array with { Items = space.Both(array.Items, other) };
            for (var i = 0; i < items.Count; i++)
                if (witnesses.GetValueOrDefault(i) != contained)
                    items[i] = space.Both(items[i], other);
        }
        return array with { Prefix = items, Contains = [] };
    }

    /// <summary>The first items are kept apart by their schemas, the others by what came before.</summary>
    private Rule Unique(ArrayShape array)
    {
        var path = $"{array.Path}.uniqueItems";
        var items = new List<Schema>();
        for (var i = 0; i <= Math.Min(array.Prefix.Count, array.Most - 1); i++)
        {
            var item = items.Aggregate(array.Item(i), (all, earlier) => space.Both(all, earlier).IsEmpty ? all : space.Both(all, space.Not(earlier, path)));
            if (item.IsEmpty && i < array.Least)
                throw SchemaErrors.Unkept(path, "'uniqueItems' cannot be kept beside its other keywords");
            if (item.IsEmpty)
                array = array with { Most = i };
            else
                items.Add(item);
        }
        Rule[] prefix = [.. items.Take(array.Prefix.Count).Select(compile)];
        if (array.Most <= prefix.Length + 1)
            return new ArrayRule(array.Least, array.Most) { Prefix = prefix, Items = array.Most > prefix.Length ? compile(items[^1]) : null };
        var (rule, count) = Distinct(items[^1], Math.Max(array.Least, ObjectRule.MaxOthers), path);
        var most = Math.Min(array.Most, prefix.Length + count);
        return most >= array.Least ? new ArrayRule(array.Least, most) { Prefix = prefix, Items = rule } : Nothing();
    }

    /// <summary>A rule for items that are never the same, and how many there may be at most.</summary>
    private (Rule Rule, int Count) Distinct(Schema item, int wanted, string path)
    {
        var shapes = item.Shapes.Where(s => !s.IsEmpty(space)).ToArray();
        if (Values(shapes) is { } values)
        {
            byte[][] texts = [.. values.Select(v => JsonTexts.Of(v)).Take(DistinctLiteralRule.MaxTexts)];
            return (texts.Length > 0 ? new DistinctLiteralRule(texts) : Nothing(), texts.Length);
        }
        if (wanted > ObjectRule.MaxOthers)
            throw SchemaErrors.Unkept(path, $"'uniqueItems' with more than {ObjectRule.MaxOthers} items is not supported");
        if (shapes is [NumberShape { MultipleOf: 1, NoMultipleOf.Count: 0 } integers])
            return (new DistinctIntegerRule(
                integers.IsLeastOpen ? Math.Floor(integers.Least) + 1 : Math.Ceiling(integers.Least),
                integers.IsGreatestOpen ? Math.Ceiling(integers.Greatest) - 1 : Math.Floor(integers.Greatest), wanted), wanted);
        if (!shapes.All(s => s is StringShape || (s is ValuesShape v && v.Values.All(e => e.ValueKind == JsonValueKind.String))))
            throw SchemaErrors.Unkept(path, "'uniqueItems' is supported for items that are strings, integers or of a finite set");
        var text = space.Languages.Both(space.Texts.Length(0, 256), space.Languages.Either(shapes.Select(s => s is StringShape text
            ? space.Texts.Of(text)
            : space.Languages.Either(((ValuesShape)s).Values.Select(v => space.Languages.Text(v.GetString()!))))));
        return (new DistinctTextRule(space.Texts.Automaton(text, path), wanted, []), wanted);
    }

    /// <summary>A rule that no text follows.</summary>
    private static LiteralRule Nothing() => new([]);

    /// <summary>All values, when they are few; equal ones once.</summary>
    private IReadOnlyList<JsonElement>? Values(IEnumerable<Shape> shapes)
    {
        var values = new List<JsonElement>();
        foreach (var shape in shapes)
        {
            var some = shape switch
            {
                ValuesShape known => known.Values,
                NumberShape number => number.Values(DistinctLiteralRule.MaxTexts)?.Select(n => JsonSerializer.SerializeToElement(n / 1.0000000000000000000000m)),
                StringShape text => space.Texts.Automaton(space.Texts.Of(text), text.Path).Texts(DistinctLiteralRule.MaxTexts)?.Select(t => JsonSerializer.SerializeToElement(t)),
                _ => null,
            };
            if (some is null)
                return null;
            values.AddRange(some.Where(v => !values.Exists(o => JsonElement.DeepEquals(o, v))));
        }
        return values;
    }
}
