using System.Text.Json;
using Router.Api.Tests.Constraints;

namespace Router.Api.Tests.Tools;

/// <summary>Which tools may be called, with which arguments, and what else the answer may be.</summary>
public sealed class ToolChoiceTests
{
    private const string Path = "/v1/chat/completions";
    private const int MaxTokens = 120;
    private const string City = """{"type":"object","properties":{"city":{"type":"string","maxLength":20}},"required":["city"],"additionalProperties":false}""";

    private static string Request(string fields) => $$"""{"model":"mesh","messages":[{"role":"user","content":"Give an example."}],"max_tokens":{{MaxTokens}},{{fields}}}""";

    private static string Tool(string name, string? parameters = null) => $$$"""{"type":"function","function":{"name":"{{{name}}}"{{{(parameters is null ? "" : $",\"parameters\":{parameters}")}}}}}""";

    private static string Format(string schema) => $$$"""  "response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{{{schema}}},"strict":true}}  """;

    [Theory]
    [InlineData("""{"$ref":"#/$defs/d","$defs":{"d":{"type":"object","properties":{"a":{"type":"boolean"}},"required":["a"],"additionalProperties":false}}}""")]
    [InlineData("""{"anyOf":[{"type":"object","properties":{"a":{"type":"boolean"}},"required":["a"],"additionalProperties":false},{"type":"object","properties":{"b":{"type":"boolean"}},"required":["b"],"additionalProperties":false},{"type":"string"}]}""")]
    [InlineData("""{"type":["object","null"],"properties":{"a":{"type":"integer"}},"required":["a"]}""")]
    [InlineData("""{"properties":{"a":{"const":"x"}},"required":["a"]}""")]
    [InlineData("""{"oneOf":[{"properties":{"k":{"const":1}},"required":["k"]},{"properties":{"k":{"const":2}},"required":["k"]}],"type":"object"}""")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"integer"},"minProperties":1,"maxProperties":2}""")]
    public async Task Arguments_are_objects_of_the_schema(string parameters)
    {
        for (var seed = 0; seed < 3; seed++)
        {
            var arguments = (await CallAsync($"\"tools\":[{Tool("t", parameters)}],\"tool_choice\":\"required\",\"parallel_tool_calls\":false", seed)).Arguments;
            Assert.StartsWith("{", arguments);
            Assert.True(Grammar.Validator(parameters).Fits(arguments), arguments);
        }
    }

    [Theory]
    [InlineData(null), InlineData("null"), InlineData("{}"), InlineData("""{"type":"object","properties":{}}"""), InlineData("""{"type":"object","properties":{},"required":[],"additionalProperties":false}"""),
     InlineData("""{"type":"object"}""")]
    public async Task A_tool_without_parameters_gets_an_empty_object(string? parameters) =>
        Assert.Equal(("t", "{}"), await CallAsync($"\"tools\":[{Tool("t", parameters)}],\"tool_choice\":\"required\",\"parallel_tool_calls\":false", 0));

    [Theory]
    [InlineData("""{"type":"string"}""", "invalid_schema", "tools[0].function.parameters")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"null"}]}""", "invalid_schema", "tools[0].function.parameters")]
    [InlineData("""{"type":"object","properties":{"x":{"type":"string","pattern":"("}}}""", "invalid_schema", "tools[0].function.parameters.properties.x.pattern")]
    [InlineData("""{"type":"object","properties":{"x":{"type":"string","pattern":"(?<!a)b"}}}""", "unsupported_value", "tools[0].function.parameters.properties.x.pattern")]
    [InlineData("5", "invalid_type", "tools[0].function.parameters")]
    public async Task Parameters_that_cannot_be_kept_are_refused(string parameters, string code, string parameter)
    {
        await using var router = await RouterHost.StartAsync();
        using var response = await router.PostAsync(Path, Request($"\"tools\":[{Tool("t", parameters)}]"));
        var error = await RouterHost.ErrorAsync(response, 400);
        Assert.Equal((code, parameter), (error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
    }

    [Theory]
    [InlineData("\"tool_choice\":\"none\""), InlineData("\"tool_choice\":\"auto\""), InlineData("\"tool_choice\":null"), InlineData("\"tools\":[],\"tool_choice\":\"auto\"")]
    public async Task Asking_for_nothing_needs_no_tools(string fields)
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, JsonDocument.Parse(Request(fields)).RootElement);
        Assert.Null(router.Loop.Requests.Single().Constraint);
    }

    [Theory]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"b"}}]}}""")]
    [InlineData("""{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"b"}]}""")]
    public async Task Of_many_tools_only_allowed_ones_are_called(string choice)
    {
        for (var seed = 0; seed < 3; seed++)
            Assert.Equal(("b", "{}"), await CallAsync($"\"tools\":[{Tool("a")},{Tool("b")},{Tool("c")}],\"tool_choice\":{choice},\"parallel_tool_calls\":false", seed));
    }

    [Theory]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"z"}}]}}""", "tool_choice.allowed_tools.tools[0].function.name")]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"all","tools":[{"type":"function","function":{"name":"a"}}]}}""", "tool_choice.allowed_tools.mode")]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}}""", "tool_choice.allowed_tools.tools")]
    [InlineData("""{"type":"allowed_tools"}""", "tool_choice.mode")]
    public async Task Allowed_tools_that_are_malformed_are_refused(string choice, string parameter)
    {
        await using var router = await RouterHost.StartAsync();
        using var response = await router.PostAsync(Path, Request($"\"tools\":[{Tool("a")}],\"tool_choice\":{choice}"));
        Assert.Equal(parameter, (await RouterHost.ErrorAsync(response, 400)).GetProperty("param").GetString());
    }

    [Fact]
    public async Task Beside_a_schema_the_answer_is_a_call_or_keeps_it()
    {
        await using var router = await RouterHost.StartAsync();
        var (calls, texts) = (0, 0);
        for (var seed = 0; seed < 20; seed++)
        {
            await router.AskAsync(Path, JsonDocument.Parse(Request($"\"tools\":[{Tool("t", City)}],\"parallel_tool_calls\":false,{Format(City)}")).RootElement);
            var text = RandomWalk.Take(router.Loop.Requests[^1].Constraint!, MaxTokens, new Random(seed), City);
            if (text.StartsWith("<tool_call>\n{\"name\": \"t\", \"arguments\": ", StringComparison.Ordinal) && text.EndsWith("}\n</tool_call>", StringComparison.Ordinal))
                calls++;
            else
                Assert.True(Grammar.Validator(City).Fits(text) && ++texts > 0, text);
        }
        Assert.True(calls > 0 && texts > 0, $"{calls} calls, {texts} texts");
    }

    [Theory]
    [InlineData("""{"city":"<tool_call>"}""", false)]
    [InlineData("<tool_call>\n{\"name\": \"t\", \"arguments\": {\"city\":\"x\"}}\n</tool_call>", true)]
    public async Task Beside_a_schema_only_what_begins_as_a_call_is_one(string answer, bool isCall)
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = answer });
        var message = (await router.AskAsync(Path, JsonDocument.Parse(Request($"\"tools\":[{Tool("t", City)}],{Format(City)}")).RootElement)).GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(isCall, message.TryGetProperty("tool_calls", out var calls));
        if (isCall)
            Assert.Equal("""{"city":"x"}""", calls[0].GetProperty("function").GetProperty("arguments").GetString());
        else
            Assert.Equal(answer, message.GetProperty("content").GetString());
    }

    /// <summary>What a model that knows nothing calls when it must.</summary>
    private static async Task<(string Name, string Arguments)> CallAsync(string fields, int seed)
    {
        await using var router = await RouterHost.StartAsync();
        using var response = await router.PostAsync(Path, Request(fields));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        var text = RandomWalk.Take(router.Loop.Requests.Single().Constraint!, MaxTokens, new Random(seed), fields);
        var call = text[1..text.IndexOf("\n</tool_call>", StringComparison.Ordinal)];
        var json = JsonDocument.Parse(call).RootElement;
        return (json.GetProperty("name").GetString()!, json.GetProperty("arguments").GetRawText());
    }
}
