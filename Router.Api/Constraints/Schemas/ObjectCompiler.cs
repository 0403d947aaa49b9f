using Router.Api.Constraints.Patterns;
using Router.Api.Constraints.Rules;

namespace Router.Api.Constraints.Schemas;

/// <summary>Objects of a shape as a rule. Properties come in the schema's order; those that it does not speak of only where it names none.</summary>
internal sealed class ObjectCompiler(SchemaSpace space, Func<Schema, Rule> compile)
{
    private const int MaxFiniteKeys = 64, MaxKeyLength = 64;

    public Rule Compile(ObjectShape shape)
    {
        var named = shape.Named.ToList();
        var isListed = shape.IsListed || named.Count > 0;
        var classes = shape.Rest.Where(c => !c.Value.IsEmpty && (c.IsInvited || !isListed)).ToList();
        if (classes.Count == 0 && named.Count(p => !p.Value.IsEmpty) < shape.Least)
            classes = [.. shape.Rest.Where(c => !c.Value.IsEmpty)];
        var others = new List<OtherProperties>();
        var taken = named.Select(p => p.Name).ToHashSet();
        foreach (var keys in classes)
        {
            var automaton = keys.Keys == space.Languages.Anything ? JsonRules.PlainKeys : space.Texts.Automaton(space.Languages.Both(keys.Keys, space.Texts.Length(0, MaxKeyLength)), shape.Path);
            if (automaton.IsEmpty)
                continue;
            if (automaton.Texts(MaxFiniteKeys) is { } texts)
                named.AddRange(texts.Where(t => !taken.Contains(t)).Select(t => new NamedProperty(t, keys.Value, IsRequired: false)));
            else
                others.Add(new(new(automaton, [.. taken.Where(t => space.Languages.Holds(keys.Keys, t)).Select(JsonTexts.Content)]), compile(keys.Value)));
        }
        Property[] properties = [.. named.Where(p => p.IsRequired || !p.Value.IsEmpty).Select(p => new Property(JsonTexts.Of(p.Name), compile(p.Value), p.IsRequired))];
        if (shape.Least > properties.Length + ObjectRule.MaxOthers)
            throw SchemaErrors.Unkept($"{shape.Path}.minProperties", $"more than {ObjectRule.MaxOthers} properties without a name are not supported");
        return properties.Length + others.Count == 0 && shape.Least == 0
            ? new LiteralRule(["{}"u8.ToArray()])
            : new ObjectRule(properties, shape.Least, shape.Most) { Others = others };
    }
}
