using System.Text.Encodings.Web;
using System.Text.Json;
using Router.Api.Constraints.Patterns;
using Router.Api.Constraints.Rules;
using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Constraints;

/// <summary>
/// Compiles a JSON schema to a grammar, so that every text of the grammar is valid under the schema. A keyword that this cannot promise is refused by
/// name. Properties come in the schema's order.
/// </summary>
internal sealed class SchemaCompiler
{
    private const int MaxRules = 5000, MaxEnum = 1000, MaxProperties = 1000, MaxAlternatives = 64, MaxDepth = 40;

    private static readonly HashSet<string> Ignored =
        ["title", "description", "default", "examples", "$schema", "$id", "$comment", "$defs", "definitions", "deprecated", "readOnly", "writeOnly", "nullable", "strict"];

    private static readonly Dictionary<string, string[]> ByType = new()
    {
        ["object"] = ["properties", "required", "additionalProperties"],
        ["array"] = ["items", "minItems", "maxItems"],
        ["string"] = ["minLength", "maxLength", "pattern", "format"],
        ["number"] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
        ["integer"] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
        ["boolean"] = [],
        ["null"] = [],
    };

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonElement _root;
    private readonly string _path;
    private readonly List<Rule> _rules = [];
    private readonly Dictionary<string, UnionRule> _references = [];
    private readonly Languages _languages = new();

    private SchemaCompiler(JsonElement root, string path) => (_root, _path) = (root, path);

    /// <param name="path">Where the schema is in the request, for errors.</param>
    /// <exception cref="ApiException">The schema is malformed, uses what cannot be promised, or admits no finite text.</exception>
    public static Rule Compile(JsonElement schema, string path)
    {
        var compiler = new SchemaCompiler(schema, path);
        var rule = compiler.Read(schema, path, 0);
        JsonRules.Complete(compiler._rules);
        return rule.MinBytes < Rule.Endless ? rule : throw ApiErrors.Invalid(path, $"Invalid schema for '{path}': no finite value fits it.", "invalid_schema");
    }

    private Rule Read(JsonElement schema, string path, int depth)
    {
        if (depth > MaxDepth)
            throw Bad(path, "it is nested too deeply");
        if (schema.ValueKind == JsonValueKind.True)
            return JsonRules.AnyValue;
        var fields = JsonFields.Of(schema, path);
        var names = fields.PropertyNames(64).Where(n => !Ignored.Contains(n)).ToArray();
        if (names.Length == 0)
            return JsonRules.AnyValue;
        if (fields.Text("$ref") is { } reference)
            return Alone("$ref", () => Refer(reference, path, depth));
        if (schema.TryGetProperty("const", out var constant))
            return Alone("const", () => Keep(new LiteralRule([Literal(constant)])), "type");
        if (fields.Array("enum", MaxEnum, minimum: 1) is { } values)
            return Alone("enum", () => Keep(new LiteralRule(values.EnumerateArray().Select(Literal))), "type");
        foreach (var any in (string[])["anyOf", "oneOf", "allOf"])
            if (fields.Array(any, MaxAlternatives, minimum: 1) is { } alternatives)
                return any == "allOf" && alternatives.GetArrayLength() > 1 ? throw Unkept(path, "'allOf' of several schemas is not supported") : Alone(any, () => Unite(alternatives.EnumerateArray().Select((a, i) => Read(a, $"{path}.{any}[{i}]", depth + 1))));
        var types = Types(fields, names, path);
        if (names.FirstOrDefault(n => n != "type" && !types.Any(t => ByType[t].Contains(n))) is { } unknown)
            throw ApiErrors.Unsupported($"{path}.{unknown}", $"Invalid schema for '{path}': '{Short(unknown)}' is not supported.");
        return types.Count == 1 ? ReadType(types[0], fields, path, depth) : Unite(types.Select(t => ReadType(t, fields, path, depth)));

        Rule Alone(string keyword, Func<Rule> read, string? allowed = null) => names.FirstOrDefault(n => n != keyword && n != allowed) is { } other
            ? throw ApiErrors.Unsupported($"{path}.{other}", $"Invalid schema for '{path}': '{Short(other)}' beside '{keyword}' is not supported.")
            : read();
    }

    private static IReadOnlyList<string> Types(in JsonFields fields, string[] names, string path)
    {
        if (!fields.TryGet("type", out var type))
            return names.Contains("properties") || names.Contains("required") || names.Contains("additionalProperties") ? ["object"]
                : names.Contains("items") ? ["array"]
                : throw Unkept(path, "it has no 'type'");
        string[] types = type.ValueKind == JsonValueKind.Array
            ? [.. fields.Array("type", 7, minimum: 1)!.Value.EnumerateArray().Select((t, i) => JsonFields.TextOf(t, $"{path}.type[{i}]"))]
            : [JsonFields.TextOf(type, path + ".type")];
        return types.FirstOrDefault(t => !ByType.ContainsKey(t)) is { } unknown
            ? throw ApiErrors.Invalid(path + ".type", $"Invalid value for '{path}.type': '{Short(unknown)}'. Supported values are: {string.Join(", ", ByType.Keys.Select(k => $"'{k}'"))}.")
            : types;
    }

    private Rule ReadType(string type, in JsonFields fields, string path, int depth) => type switch
    {
        "object" => ReadObject(fields, path, depth),
        "array" => ReadArray(fields, path, depth),
        "string" => ReadString(fields, path),
        "boolean" => Keep(new LiteralRule(["true"u8.ToArray(), "false"u8.ToArray()])),
        "null" => Keep(new LiteralRule(["null"u8.ToArray()])),
        _ => Keep(SchemaBounds.Read(fields, type == "integer", path)),
    };

    private Rule ReadObject(JsonFields fields, string path, int depth)
    {
        var required = fields.Array("required", MaxProperties)?.EnumerateArray().Select((r, i) => JsonFields.TextOf(r, $"{path}.required[{i}]")).ToHashSet() ?? [];
        var properties = new List<Property>();
        if (fields.Object("properties") is { } declared)
            foreach (var name in declared.PropertyNames(MaxProperties).Distinct())
            {
                if (!declared.TryGet(name, out var schema))
                    throw Bad(declared.Path(name), "it must be a schema");
                properties.Add(new(JsonSerializer.SerializeToUtf8Bytes(name, Compact), Read(schema, declared.Path(Short(name)), depth + 1), required.Remove(name)));
            }
        Rule? others = null;
        if (!fields.TryGet("additionalProperties", out var additional) || additional.ValueKind == JsonValueKind.True)
            others = JsonRules.AnyValue;
        else if (additional.ValueKind != JsonValueKind.False)
            others = Read(additional, path + ".additionalProperties", depth + 1);
        // A required property without a schema of its own may hold anything.
        properties.AddRange(required.Select(name => new Property(JsonSerializer.SerializeToUtf8Bytes(name, Compact),
            others ?? throw Bad(path, $"'{Short(name)}' is required but not among the properties"), Required: true)));
        // Not invited, so not volunteered: with properties named, others would only be noise of the model's.
        return Keep(new ObjectRule(properties) { Others = properties.Count > 0 && additional.ValueKind is JsonValueKind.Undefined ? null : others });
    }

    private Rule ReadArray(in JsonFields fields, string path, int depth)
    {
        var least = (int)(fields.Integer("minItems", 0, 10_000) ?? 0);
        var most = (int)(fields.Integer("maxItems", least, int.MaxValue) ?? int.MaxValue);
        var rule = Keep(new ArrayRule(least, most));
        rule.Items = fields.TryGet("items", out var items) ? Read(items, path + ".items", depth + 1) : JsonRules.AnyValue;
        return rule;
    }

    private Rule ReadString(in JsonFields fields, string path)
    {
        var least = (int)(fields.Integer("minLength", 0, 100_000) ?? 0);
        var most = (int)(fields.Integer("maxLength", least, int.MaxValue) ?? int.MaxValue);
        var (pattern, format) = (fields.Text("pattern"), fields.Text("format"));
        if (pattern is null && format is null)
            return Keep(new StringRule(least, most));
        // Beside a pattern an unknown format only describes it.
        if ((format is null ? null : PatternFormats.Of(format)) is not { } form)
            form = pattern is null ? throw Unkept($"{path}.format", $"the format '{Short(format!)}' is not supported") : null;
        var length = least == 0 && most == int.MaxValue ? null : $"^[^]{{{least},{(most == int.MaxValue ? "" : most)}}}$";
        try
        {
            var text = _languages.Both(new[] { form, pattern, length }.OfType<string>().Select(p => PatternParser.Parse(p, _languages)));
            return Keep(new PatternRule(new(text, _languages)));
        }
        catch (PatternException e)
        {
            throw Unkept($"{path}.pattern", $"the pattern cannot be promised: {e.Message}");
        }
    }

    /// <summary>A place in the same document: <c>#</c> or <c>#/$defs/name</c>; read once, so that it may hold itself.</summary>
    private Rule Refer(string reference, string path, int depth)
    {
        if (_references.TryGetValue(reference, out var known))
            return known;
        var target = _root;
        if (reference is not "#")
            foreach (var step in reference.StartsWith("#/", StringComparison.Ordinal) ? reference[2..].Split('/') : throw Bad(path, "'$ref' must start with '#'"))
                if (target.ValueKind != JsonValueKind.Object || !target.TryGetProperty(step.Replace("~1", "/").Replace("~0", "~"), out target))
                    throw Bad(path, $"'$ref' names nothing: '{Short(reference)}'");
        _references[reference] = known = Keep(new UnionRule());
        known.Alternatives.Add(Read(target, _path + reference[1..].Replace('/', '.'), depth + 1));
        return known;
    }

    private UnionRule Unite(IEnumerable<Rule> alternatives)
    {
        var union = Keep(new UnionRule());
        union.Alternatives.AddRange(alternatives);
        return union;
    }

    private T Keep<T>(T rule) where T : Rule
    {
        _rules.Add(rule);
        return _rules.Count <= MaxRules ? rule : throw Bad(_path, "it is too large");
    }

    private static byte[] Literal(JsonElement value) => JsonSerializer.SerializeToUtf8Bytes(value, Compact);

    private static ApiException Bad(string path, string why) => ApiErrors.Invalid(path, $"Invalid schema for '{path}': {why}.", "invalid_schema");

    private static ApiException Unkept(string path, string why) => ApiErrors.Unsupported(path, $"Invalid schema for '{path}': {why}.");

    private static string Short(string text) => text.Length <= 64 ? text : text[..64] + "...";
}
