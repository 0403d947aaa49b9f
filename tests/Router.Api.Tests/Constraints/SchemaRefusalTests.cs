using System.Text;
using Router.Api.Errors;

namespace Router.Api.Tests.Constraints;

/// <summary>Schemas that are malformed, contradict themselves or cannot be kept: each is refused with the place at fault.</summary>
public sealed class SchemaRefusalTests
{
    [Theory]
    [InlineData("""{"type":"string","pattern":"(?<=a)b"}""", "schema.pattern")]
    [InlineData("""{"type":"string","pattern":"(a)\\1"}""", "schema.pattern")]
    [InlineData("""{"type":"string","pattern":"\\bword\\b"}""", "schema.pattern")]
    [InlineData("""{"type":"string","pattern":"\\p{Script=Greek}"}""", "schema.pattern")]
    [InlineData("""{"properties":{"a":{"unevaluatedProperties":false}},"required":["a"]}""", "schema.properties.a.unevaluatedProperties")]
    [InlineData("""{"unevaluatedItems":{"type":"null"}}""", "schema.unevaluatedItems")]
    [InlineData("""{"anyOf":[{"type":"null"},{"$dynamicRef":"#x"}]}""", "schema.anyOf[1].$dynamicRef")]
    [InlineData("""{"$ref":"http://example.com/x"}""", "schema.$ref")]
    [InlineData("""{"type":"integer","minimum":1e15}""", "schema.minimum")]
    [InlineData("""{"type":"array","uniqueItems":true,"items":{"type":"object"}}""", "schema.uniqueItems")]
    [InlineData("""{"type":"string","not":{"format":"email"}}""", "schema.not")]
    [InlineData("""{"oneOf":[{"type":"object","properties":{"a":{}},"additionalProperties":false},{"type":"object","properties":{"b":{}},"additionalProperties":false}]}""", "schema.oneOf")]
    [InlineData("""{"type":"object","properties":{"x":{"type":"string","format":"date","maxLength":3}},"required":["x"]}""", "schema.properties.x.format")]
    public void What_cannot_be_kept_is_named(string schema, string parameter)
    {
        var error = Assert.Throws<ApiException>(() => Grammar.Compile(schema));
        Assert.Equal(("unsupported_value", parameter), (error.Code, error.Parameter));
    }

    [Theory]
    [InlineData("["), InlineData("a{2,1}"), InlineData("^(a|b"), InlineData("a)"), InlineData("*a"), InlineData("a**"), InlineData("[z-a]"), InlineData("\\"), InlineData("(?"),
     InlineData("a{1}{2}"), InlineData("\\u{110000}"), InlineData("\\x1"), InlineData("+"), InlineData("(?=a"), InlineData("[a-\\d]"), InlineData("{3}")]
    public void A_pattern_that_is_no_regular_expression_is_named(string pattern)
    {
        var schema = System.Text.Json.JsonSerializer.Serialize(new { type = "object", properties = new { a = new { type = "string", pattern } } });
        var error = Assert.Throws<ApiException>(() => Grammar.Compile(schema));
        Assert.Equal(("invalid_schema", "schema.properties.a.pattern"), (error.Code, error.Parameter));
    }

    [Theory]
    [InlineData("false", "schema")]
    [InlineData("""{"not":{}}""", "schema")]
    [InlineData("""{"allOf":[{"type":"string"},{"type":"integer"}]}""", "schema")]
    [InlineData("""{"enum":["a"],"type":"integer"}""", "schema")]
    [InlineData("""{"type":"integer","minimum":5,"maximum":4}""", "schema")]
    [InlineData("""{"type":"integer","minimum":1,"maximum":4,"multipleOf":5}""", "schema")]
    [InlineData("""{"type":"string","pattern":"^a$","minLength":2}""", "schema")]
    [InlineData("""{"type":"string","minLength":3,"maxLength":2}""", "schema")]
    [InlineData("""{"type":"array","minItems":2,"items":{"const":1},"uniqueItems":true}""", "schema")]
    [InlineData("""{"type":"array","minItems":1,"items":false}""", "schema")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object","properties":{"b":false},"required":["b"]}},"required":["a"]}""", "schema.properties.a.properties.b")]
    [InlineData("""{"type":"object","required":["x"],"additionalProperties":false}""", "schema.properties.x")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"null"}},"additionalProperties":false,"minProperties":2}""", "schema")]
    [InlineData("""{"$ref":"#"}""", "schema")]
    [InlineData("""{"anyOf":[{"type":"null"},{"$ref":"#"}]}""", "schema")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}""", "schema")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "schema.$ref")]
    public void A_schema_that_nothing_fits_is_named(string schema, string parameter)
    {
        var error = Assert.Throws<ApiException>(() => Grammar.Compile(schema));
        Assert.Equal(("invalid_schema", parameter), (error.Code, error.Parameter));
    }

    [Theory]
    [InlineData("""{"type":"thing"}""", "invalid_value")]
    [InlineData("""{"type":"object","properties":{"a":5}}""", "invalid_type")]
    [InlineData("""{"type":"array","minItems":-1}""", "integer_below_min_value")]
    [InlineData("""{"enum":[]}""", "empty_array")]
    [InlineData("""{"const":"\ud800"}""", "invalid_unicode")]
    [InlineData("""{"type":"string","pattern":5}""", "invalid_type")]
    public void A_malformed_keyword_is_refused(string schema, string code) => Assert.Equal(code, Assert.Throws<ApiException>(() => Grammar.Compile(schema)).Code);

    public static TheoryData<string, string> Hostile => new()
    {
        { "a product of many alternatives", "{\"allOf\":[" + Repeat(12, i => "{\"anyOf\":[" + Repeat(12, j => $$$"""{"type":"object","properties":{"p{{{i}}}":{"minimum":{{{j}}}}},"required":["p{{{i}}}"]}""") + "]}") + "]}" },
        { "a chain of references", Chain(3000, """{"type":"object","properties":{"a":NEXT},"required":["a"]}""") },
        { "a chain of aliases", Chain(3000, "NEXT") },
        { "a chain of references beside keywords", Chain(3000, """{"allOf":[NEXT],"x-y":1}""") },
        { "schemas that double at each level", Chain(40, """{"type":"object","properties":{"a":{"allOf":[NEXT,{"not":NEXT}]},"b":NEXT},"required":["a","b"]}""") },
        { "alternatives that double at each level", Chain(40, """{"anyOf":[{"type":"object","properties":{"a":NEXT},"required":["a"]},{"allOf":[NEXT,{"minProperties":1}]},NEXT]}""") },
        { "a pattern of many states", """{"type":"string","pattern":"^([ab]*a[ab]{20}|(a|b){3,900}(?!(a|b){700,900}))$"}""" },
        { "patterns of keys", "{\"patternProperties\":{" + Repeat(40, i => $$"""  "a{{i}}":{}  """) + "}}" },
        { "patterns of keys that split", "{\"minProperties\":1,\"patternProperties\":{" + Repeat(6, i => $$"""  "[ab]*a[ab]{{{i + 8}}}$":{}  """) + "}}" },
        { "exclusive alternatives", "{\"oneOf\":[" + Repeat(64, i => $$$"""{"type":"string","pattern":"[a-f]{{{{i}}},}x"}""") + "]}" },
        { "a required depth", Chain(60, """{"type":"array","minItems":1,"items":NEXT}""") },
    };

    [Theory, MemberData(nameof(Hostile))]
    public void A_schema_without_measure_is_refused(string name, string schema)
    {
        var error = Assert.Throws<ApiException>(() => Grammar.Compile(schema));
        Assert.True(error.Status == 400 && error.Parameter!.StartsWith("schema", StringComparison.Ordinal), name);
    }

    private static string Chain(int count, string link) =>
        "{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + Repeat(count, i => $"\"d{i}\":" + link.Replace("NEXT", $"{{\"$ref\":\"#/$defs/d{i + 1}\"}}")) + $",\"d{count}\":{{\"type\":\"null\"}}}}}}";

    private static string Repeat(int count, Func<int, string> part) => new StringBuilder().AppendJoin(',', Enumerable.Range(0, count).Select(part)).ToString();
}
