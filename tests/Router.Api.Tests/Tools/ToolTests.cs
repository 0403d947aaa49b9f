using System.Text.Json;

namespace Router.Api.Tests.Tools;

public sealed class ToolTests
{
    private const string Path = "/v1/chat/completions";
    private const string Call = "{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Köln \\\"}\\\"\", \"days\": 3}}";

    private static readonly object[] Weather =
    [
        new
        {
            type = "function",
            function = new
            {
                name = "get_weather", description = "The weather of a city.",
                parameters = new { type = "object", properties = new { city = new { type = "string" }, days = new { type = "integer", minimum = 1 } }, required = new[] { "city", "days" }, additionalProperties = false },
                strict = true,
            },
        },
        new { type = "function", function = new { name = "get_time" } },
    ];

    private static object Ask(object? choice = null, bool stream = false) => new
    {
        model = "mesh", messages = new[] { new { role = "user", content = "How is the weather in Köln?" } }, tools = Weather, tool_choice = choice ?? "auto", stream,
    };

    [Theory, InlineData("required"), InlineData("auto")]
    public async Task A_call_comes_as_a_call_and_not_as_text(string choice)
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = choice == "auto" ? $"Let me see. <tool_call>\n{Call}\n</tool_call>" : $"\n{Call}\n</tool_call>" });
        var answer = (await router.AskAsync(Path, Ask(choice))).GetProperty("choices")[0];
        Assert.Equal("tool_calls", answer.GetProperty("finish_reason").GetString());
        Assert.Equal(choice == "auto" ? "Let me see. " : null, answer.GetProperty("message").GetProperty("content").GetString());
        var call = Assert.Single(answer.GetProperty("message").GetProperty("tool_calls").EnumerateArray());
        Assert.StartsWith("call_", call.GetProperty("id").GetString());
        Assert.Equal("function", call.GetProperty("type").GetString());
        Assert.Equal("get_weather", call.GetProperty("function").GetProperty("name").GetString());
        var arguments = JsonDocument.Parse(call.GetProperty("function").GetProperty("arguments").GetString()!).RootElement;
        Assert.Equal("Köln \"}\"", arguments.GetProperty("city").GetString());
    }

    [Fact]
    public async Task A_call_that_the_client_named_ends_with_stop()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = $"\n{Call}\n</tool_call>" });
        var choice = new { type = "function", function = new { name = "get_weather" } };
        var answer = (await router.AskAsync(Path, Ask(choice))).GetProperty("choices")[0];
        Assert.Equal("stop", answer.GetProperty("finish_reason").GetString());
        Assert.Single(answer.GetProperty("message").GetProperty("tool_calls").EnumerateArray());
        var opening = JsonDocument.Parse((await router.StreamAsync(Path, Ask(choice, stream: true)))[0]).RootElement.GetProperty("choices")[0].GetProperty("delta");
        Assert.Equal(JsonValueKind.Null, opening.GetProperty("content").ValueKind);
    }

    [Fact]
    public async Task Arguments_are_streamed_piece_by_piece()
    {
        await using var router = await RouterHost.StartAsync(loop: new()
        {
            Answer = $"Hm. <tool_call>\n{Call}\n</tool_call>\n<tool_call>\n{{\"name\": \"get_time\", \"arguments\": {{}}}}\n</tool_call>",
        });
        var choices = (await router.StreamAsync(Path, Ask(stream: true)))[..^1].Select(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0]).ToArray();
        Assert.Equal("tool_calls", choices[^1].GetProperty("finish_reason").GetString());
        Assert.Equal("Hm. ", string.Concat(choices.Select(c => c.GetProperty("delta").TryGetProperty("content", out var t) ? t.GetString() : "")));
        var deltas = choices.Where(c => c.GetProperty("delta").TryGetProperty("tool_calls", out _)).SelectMany(c => c.GetProperty("delta").GetProperty("tool_calls").EnumerateArray()).ToArray();
        var first = deltas.Where(d => d.GetProperty("index").GetInt32() == 0).ToArray();
        Assert.True(first.Length > 5);
        Assert.Equal("get_weather", first[0].GetProperty("function").GetProperty("name").GetString());
        Assert.All(first[1..], d => Assert.False(d.TryGetProperty("id", out _)));
        var arguments = string.Concat(first.Select(d => d.GetProperty("function").GetProperty("arguments").GetString()));
        Assert.Equal(3, JsonDocument.Parse(arguments).RootElement.GetProperty("days").GetInt32());
        var second = Assert.Single(deltas, d => d.GetProperty("index").GetInt32() == 1 && d.TryGetProperty("id", out _));
        Assert.Equal("get_time", second.GetProperty("function").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Text_that_only_looks_like_a_call_stays_text()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = "a < b <tool_cal" });
        var answer = (await router.AskAsync(Path, Ask())).GetProperty("choices")[0];
        Assert.Equal("a < b <tool_cal", answer.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("stop", answer.GetProperty("finish_reason").GetString());
        Assert.False(answer.GetProperty("message").TryGetProperty("tool_calls", out _));
    }

    [Fact]
    public async Task The_constraint_admits_only_calls_of_the_tools()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, Ask(new { type = "function", function = new { name = "get_weather" } }));
        var constraint = router.Loop.Requests.Single().Constraint!;
        var tokenizer = FakeExperts.Tokenizer;
        foreach (var token in tokenizer.Encode("\n" + Call.Replace("Köln \\\"}\\\"", "Bonn") + "\n</tool_call>"))
        {
            Assert.True(constraint.Allows(token));
            Assert.DoesNotContain(tokenizer.EndTokens, constraint.Allows);
            constraint.Accept(token);
        }
        Assert.Contains(tokenizer.EndTokens, constraint.Allows);
        Assert.DoesNotContain("get_time", tokenizer.Decode(router.Loop.Requests[0].Prompt.Span));
    }

    [Fact]
    public async Task Without_a_call_the_constraint_lets_any_text_pass()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, Ask());
        var constraint = router.Loop.Requests.Single().Constraint!;
        var tokenizer = FakeExperts.Tokenizer;
        foreach (var token in tokenizer.Encode("Any text <b> at all. <tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}\n</tool_call>"))
        {
            Assert.True(constraint.Allows(token));
            constraint.Accept(token);
        }
        Assert.Contains(tokenizer.EndTokens, constraint.Allows);
        Assert.False(constraint.Allows(tokenizer.Encode("x")[0]));
    }

    [Fact]
    public async Task Earlier_calls_and_their_results_reach_the_prompt()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, new
        {
            model = "mesh", tools = Weather,
            messages = new object[]
            {
                new { role = "user", content = "Weather?" },
                new { role = "assistant", content = (string?)null, tool_calls = new[] { new { id = "call_1", type = "function", function = new { name = "get_weather", arguments = "{\"city\":\"Bonn\"}" } } } },
                new { role = "tool", tool_call_id = "call_1", content = "Rain." },
            },
        });
        var prompt = FakeExperts.Tokenizer.Decode(router.Loop.Requests.Single().Prompt.Span);
        Assert.Contains("<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\":\"Bonn\"}}\n</tool_call>", prompt);
        Assert.Contains("<tool_response>\nRain.\n</tool_response>", prompt);
        Assert.Contains("The weather of a city.", prompt);
    }

    [Theory]
    [InlineData("\"tools\":{}", "tools")]
    [InlineData("\"tools\":[{}]", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"function\"}]", "tools[0].function")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}]", "tools[0].function.name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true,\"parameters\":{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"string\",\"pattern\":\"(?<=a)b\"}}}}}]", "tools[0].function.parameters.properties.x.pattern")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"x\":\"\\udc00\"}}}]", "tools[0]")]
    [InlineData("\"tool_choice\":\"required\"", "tool_choice")]
    [InlineData("\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}", "tool_choice")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"maybe\"", "tool_choice")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}}", "tool_choice.function.name")]
    [InlineData("\"response_format\":{\"type\":\"xml\"}", "response_format.type")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\"}", "response_format.json_schema")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"strict\":true,\"schema\":{\"type\":\"thing\"}}}", "response_format.json_schema.schema.type")]
    public async Task A_bad_value_is_refused_by_name(string field, string parameter)
    {
        await using var router = await RouterHost.StartAsync();
        using var response = await router.PostAsync(Path, $$"""{"model":"mesh","messages":[{"role":"user","content":"x"}],{{field}}}""");
        Assert.Equal(parameter, (await RouterHost.ErrorAsync(response, 400)).GetProperty("param").GetString());
    }
}
