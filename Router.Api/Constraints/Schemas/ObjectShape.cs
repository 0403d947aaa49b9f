using System.Text.Json;
using Router.Api.Constraints.Patterns;

namespace Router.Api.Constraints.Schemas;

internal sealed record NamedProperty(string Name, Schema Value, bool IsRequired);

/// <summary>What properties without a name of their own hold, by the language of their keys.</summary>
/// <param name="IsInvited">The schema speaks of them; others are valid, but only noise where it names properties.</param>
internal sealed record KeyClass(Language Keys, Schema Value, bool IsInvited);

/// <summary>Objects: properties by name, others by classes of keys that have none in common. A key of no class must not come.</summary>
internal sealed record ObjectShape() : Shape(ShapeKind.Object)
{
    private const int MaxClasses = 64;

    public IReadOnlyList<NamedProperty> Named { get; init; } = [];
    public required IReadOnlyList<KeyClass> Rest { get; init; }
    public int Least { get; init; }
    public int Most { get; init; } = int.MaxValue;

    /// <summary>Only properties that the schema speaks of are meant: so it is where it names any.</summary>
    public bool IsListed { get; init; }

    public override int Size => 1 + Named.Count;

    public static ObjectShape Any(SchemaSpace space) => new() { Rest = [new(space.Languages.Anything, space.Any, IsInvited: false)] };

    /// <summary>What a property of that name holds, required or not.</summary>
    public Schema Value(string name, SchemaSpace space) =>
        Named.FirstOrDefault(p => p.Name == name)?.Value ?? Rest.FirstOrDefault(c => space.Languages.Holds(c.Keys, name))?.Value ?? space.Never;

    public override Shape Both(Shape other, SchemaSpace space)
    {
        var (that, own) = ((ObjectShape)other, Named.ToDictionary(p => p.Name));
        var theirs = that.Named.ToDictionary(p => p.Name);
        var rest = Rest.SelectMany(a => that.Rest.Select(b => new KeyClass(space.Languages.Both(a.Keys, b.Keys), space.Both(a.Value, b.Value), a.IsInvited || b.IsInvited)));
        if (Rest.Count * that.Rest.Count > 1)
            rest = rest.Where(c => c.Value != space.Never && !space.Texts.Automaton(c.Keys, Path).IsEmpty);
        return this with
        {
            Named =
            [
                .. Named.Select(p => theirs.TryGetValue(p.Name, out var same)
                    ? new NamedProperty(p.Name, space.Both(p.Value, same.Value), p.IsRequired || same.IsRequired)
                    : p with { Value = space.Both(p.Value, that.Value(p.Name, space)) }),
                .. that.Named.Where(p => !own.ContainsKey(p.Name)).Select(p => p with { Value = space.Both(Value(p.Name, space), p.Value) }),
            ],
            Rest = rest.Take(MaxClasses + 1).ToArray() is { Length: <= MaxClasses } classes ? classes : throw SchemaErrors.Unkept(Path, "its 'patternProperties' make too many combinations"),
            Least = Math.Max(Least, that.Least), Most = Math.Min(Most, that.Most), IsListed = IsListed || that.IsListed,
        };
    }

    public override IEnumerable<Shape> Without(SchemaSpace space, string path)
    {
        var all = Any(space) with { Path = path };
        if (Least > 0)
            yield return all with { Most = Least - 1 };
        if (Most < int.MaxValue)
            yield return all with { Least = Most + 1 };
        foreach (var property in Named)
        {
            if (property.IsRequired)
                yield return all with { Named = [new(property.Name, space.Never, IsRequired: false)] };
            if (property.Value != space.Any)
                yield return all with { Named = [new(property.Name, space.Not(property.Value, path), IsRequired: true)] };
        }
        if (Rest is [var rest] && rest.Keys == space.Languages.Anything && rest.Value == space.Any)
            yield break;
        // Where all that may come is required, whatever more there is makes the object too large.
        var possible = Named.Where(p => p.Value != space.Never).ToArray();
        if (!(Rest.Count == 0 || Rest.All(c => c.Value == space.Never)) || !possible.All(p => p.IsRequired))
            throw SchemaErrors.Unkept(path, "the complement of properties that are not named cannot be kept");
        yield return all with { Least = possible.Length + 1 };
    }

    public override bool Holds(JsonElement value, SchemaSpace space)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return false;
        var properties = value.EnumerateObject().GroupBy(p => p.Name).ToDictionary(g => g.Key, g => g.Last().Value);
        return properties.Count >= Least && properties.Count <= Most
            && Named.All(p => !p.IsRequired || properties.ContainsKey(p.Name))
            && properties.All(p => Value(p.Key, space).Holds(p.Value));
    }

    public override bool IsEmpty(SchemaSpace space) =>
        Least > Most || Named.Count(p => p.IsRequired) > Most || Named.Any(p => p.IsRequired && p.Value.IsEmpty)
        || (Rest.All(c => c.Value == space.Never) && Least > Named.Count(p => !p.Value.IsEmpty));
}
