using System.Text.Json;
using Router.Api.Constraints.Patterns;

namespace Router.Api.Constraints.Schemas;

/// <summary>Strings of a length, in characters, that are of a language and of formats.</summary>
internal sealed record StringShape() : Shape(ShapeKind.String)
{
    public int Least { get; init; }
    public int Most { get; init; } = int.MaxValue;
    public required Language Text { get; init; }

    /// <summary>Known ones. What is generated is of a part of a format only, so that two formats are never taken to exclude each other.</summary>
    public IReadOnlyList<string> Formats { get; init; } = [];

    public override Shape Both(Shape other, SchemaSpace space)
    {
        var text = (StringShape)other;
        return this with
        {
            Least = Math.Max(Least, text.Least), Most = Math.Min(Most, text.Most), Text = space.Languages.Both(Text, text.Text), Formats = [.. Formats.Union(text.Formats)],
        };
    }

    public override IEnumerable<Shape> Without(SchemaSpace space, string path)
    {
        if (Formats.Count > 0)
            throw SchemaErrors.Unkept(path, $"the complement of the format '{Formats[0]}' cannot be kept");
        var all = new StringShape { Text = space.Languages.Anything, Path = path };
        if (Least > 0)
            yield return all with { Most = Least - 1 };
        if (Most < int.MaxValue)
            yield return all with { Least = Most + 1 };
        if (Text != space.Languages.Anything)
            yield return all with { Text = space.Languages.Not(Text) };
    }

    public override bool Holds(JsonElement value, SchemaSpace space)
    {
        if (value.ValueKind != JsonValueKind.String)
            return false;
        var text = value.GetString()!;
        var length = text.EnumerateRunes().Count();
        if (length < Least || length > Most || !space.Languages.Holds(Text, text))
            return false;
        return Formats.FirstOrDefault(f => !space.Languages.Holds(space.Texts.Format(f), text)) is { } format
            ? throw SchemaErrors.Unkept(Path, $"whether '{SchemaErrors.Short(text)}' is of the format '{format}' cannot be told")
            : true;
    }

    public override bool IsEmpty(SchemaSpace space) => Least > Most || (Text != space.Languages.Anything && space.Texts.Automaton(Text, Path).IsEmpty);
}
