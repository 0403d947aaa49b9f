using Router.Api.Constraints.Patterns;
using Router.Api.Constraints.Rules;

namespace Router.Api.Constraints;

/// <summary>Grammars without a schema, and the last steps of compiling any.</summary>
internal static class JsonRules
{
    private const string PlainKey = "^[^\\x00-\\x1f\"\\\\]{1,64}$";

    /// <summary>Keys that nothing is said about: without escapes.</summary>
    public static PatternAutomaton PlainKeys { get; } = Parse(PlainKey);

    /// <summary>Any JSON value.</summary>
    public static Rule AnyValue { get; } = Any().Value;

    /// <summary>Any JSON object: what <c>json_object</c> asks for.</summary>
    public static Rule AnyObject { get; } = Any().Object;

    /// <summary>An object without properties.</summary>
    public static Rule EmptyObject { get; } = new LiteralRule(["{}"u8.ToArray()]);

    /// <summary>Flattens unions and measures all rules; rules that can never end keep <see cref="Rule.Endless"/>.</summary>
    public static void Complete(IReadOnlyCollection<Rule> rules)
    {
        foreach (var union in rules.OfType<UnionRule>())
            union.Flatten();
        while (rules.Aggregate(false, (changed, rule) => rule.Measure() | changed))
        {
        }
    }

    private static (Rule Value, Rule Object) Any()
    {
        var any = new UnionRule();
        var items = new ArrayRule { Items = any };
        var properties = new ObjectRule([]) { Others = [new(new(PlainKeys, []), any)] };
        any.Alternatives.AddRange([new StringRule(), new NumberRule(integer: false), new LiteralRule(["true"u8.ToArray(), "false"u8.ToArray(), "null"u8.ToArray()]), items, properties]);
        Complete([any, items, properties]);
        return (any, properties);
    }

    private static PatternAutomaton Parse(string pattern)
    {
        var languages = new Languages();
        return new(PatternParser.Parse(pattern, languages), languages);
    }
}
