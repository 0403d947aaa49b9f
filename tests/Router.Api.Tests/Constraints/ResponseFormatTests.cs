namespace Router.Api.Tests.Constraints;

public sealed class ResponseFormatTests
{
    private const string Path = "/v1/chat/completions";
    private const int MaxTokens = 120;

    private static string Request(string format) => $$"""{"model":"mesh","messages":[{"role":"user","content":"Give an example."}],"max_tokens":{{MaxTokens}},"seed":1,"response_format":{{format}}}""";

    private static string Schema(string schema, bool strict = false) => $$$"""{"type":"json_schema","json_schema":{"name":"x","schema":{{{schema}}},"strict":{{{(strict ? "true" : "false")}}}}}""";

    private static string Holding(string a) => $$"""{"type":"object","properties":{"a":{{a}}},"required":["a"],"additionalProperties":false}""";

    public static TheoryData<string> Kept => new()
    {
        Holding("""{"type":"string","pattern":"\\p{L}+"}"""),
        Holding("""{"type":"string","maxLength":5,"not":{"const":"x"}}"""),
        Holding("""{"type":"array","items":{"enum":[1,2]},"uniqueItems":true,"minItems":2,"maxItems":2}"""),
        Holding("""{"type":"array","prefixItems":[{"type":"boolean"},{"type":"integer"}],"items":false,"minItems":2}"""),
        Holding("""{"type":"integer","enum":["x",1]}"""),
        """{"type":"object","properties":{"tree":{"type":"object","properties":{"left":{"anyOf":[{"type":"string","maxLength":3},{"type":"integer","maximum":9,"minimum":0}]},"right":{"anyOf":[{"$ref":"#/properties/tree/properties/left/anyOf/0"},{"type":"null"}]}},"required":["left","right"],"additionalProperties":false}},"required":["tree"],"additionalProperties":false}""",
        """{"allOf":[{"type":"object","properties":{"a":{"type":"boolean"}},"required":["a"]},{"type":"object","properties":{"b":{"type":"boolean"}},"required":["b"]}]}""",
        """{"type":"array","items":{"type":"boolean"},"minItems":1,"maxItems":3,"x-vendor":1}""",
    };

    [Theory, MemberData(nameof(Kept))]
    public async Task A_schema_is_kept_with_strict_or_without(string schema)
    {
        foreach (var strict in new[] { true, false })
            await AnswersFit(Schema(schema, strict), schema);
    }

    [Fact]
    public Task A_schema_beside_json_object_is_kept()
    {
        const string schema = """{"type":"object","properties":{"city":{"type":"string","maxLength":6},"n":{"type":"integer","minimum":0,"maximum":9}},"required":["city","n"],"additionalProperties":false}""";
        return AnswersFit($$"""{"type":"json_object","schema":{{schema}}}""", schema);
    }

    public static TheoryData<string, string, string> Refused => new()
    {
        { Schema(Holding("""{"type":"string","pattern":"["}""")), "response_format.json_schema.schema.properties.a.pattern", "invalid_schema" },
        { Schema(Holding("""{"type":"string","pattern":"a{2,1}"}""")), "response_format.json_schema.schema.properties.a.pattern", "invalid_schema" },
        { Schema(Holding("""{"type":"string","pattern":"^(a|b"}""")), "response_format.json_schema.schema.properties.a.pattern", "invalid_schema" },
        { Schema(Holding("""{"type":"string","pattern":"(a)\\1"}""")), "response_format.json_schema.schema.properties.a.pattern", "unsupported_value" },
        { Schema(Holding("""{"unevaluatedProperties":false}""")), "response_format.json_schema.schema.properties.a.unevaluatedProperties", "unsupported_value" },
        { Schema("false"), "response_format.json_schema.schema", "invalid_schema" },
        { """{"type":"json_schema","json_schema":{"name":"x","strict":true}}""", "response_format.json_schema.schema", "missing_required_parameter" },
        { """{"type":"json_object","schema":{"type":"object","properties":{"a":{"type":"string","pattern":"["}}}}""", "response_format.schema.properties.a.pattern", "invalid_schema" },
    };

    [Theory, MemberData(nameof(Refused))]
    public async Task What_cannot_be_kept_is_refused_with_strict_or_without(string format, string parameter, string code)
    {
        await using var router = await RouterHost.StartAsync();
        using var response = await router.PostAsync(Path, Request(format));
        var error = await RouterHost.ErrorAsync(response, 400);
        Assert.Equal((parameter, code), (error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
        Assert.Empty(router.Loop.Requests);
    }

    private static async Task AnswersFit(string format, string schema)
    {
        await using var router = await RouterHost.StartAsync();
        var validator = Grammar.Validator(schema);
        for (var seed = 0; seed < 3; seed++)
        {
            using var response = await router.PostAsync(Path, Request(format));
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
            var text = RandomWalk.Take(router.Loop.Requests[^1].Constraint!, MaxTokens, new Random(seed), schema);
            Assert.True(validator.Fits(text), text);
        }
    }
}
