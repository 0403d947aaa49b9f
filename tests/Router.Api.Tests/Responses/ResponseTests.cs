using System.Text.Json;
using Mesh.Ensemble.TokenLoop;

namespace Router.Api.Tests.Responses;

public sealed class ResponseTests
{
    private const string Path = "/v1/responses";

    [Fact]
    public async Task A_text_is_answered_with_a_whole_response_object()
    {
        await using var router = await RouterHost.StartAsync();
        var response = await router.AskAsync(Path, new { model = "mesh", input = "Hi", instructions = "Be kind.", temperature = 0.5, metadata = new { a = "b" }, user = "ann" });
        Assert.StartsWith("resp_", response.GetProperty("id").GetString());
        Assert.Equal("response", response.GetProperty("object").GetString());
        Assert.Equal("completed", response.GetProperty("status").GetString());
        var message = Assert.Single(response.GetProperty("output").EnumerateArray());
        Assert.Equal("message", message.GetProperty("type").GetString());
        Assert.Equal("assistant", message.GetProperty("role").GetString());
        Assert.Equal("completed", message.GetProperty("status").GetString());
        var part = Assert.Single(message.GetProperty("content").EnumerateArray());
        Assert.Equal("output_text", part.GetProperty("type").GetString());
        Assert.Equal("Hello there, dear friend.", part.GetProperty("text").GetString());
        Assert.Equal(0, part.GetProperty("annotations").GetArrayLength());
        Assert.Equal("b", response.GetProperty("metadata").GetProperty("a").GetString());
        Assert.Equal("Be kind.", response.GetProperty("instructions").GetString());
        Assert.Equal(0.5, response.GetProperty("temperature").GetDouble());
        Assert.True(response.GetProperty("store").GetBoolean());
        var usage = response.GetProperty("usage");
        Assert.Equal(usage.GetProperty("total_tokens").GetInt32(), usage.GetProperty("input_tokens").GetInt32() + usage.GetProperty("output_tokens").GetInt32());
        Assert.Equal(0, usage.GetProperty("input_tokens_details").GetProperty("cached_tokens").GetInt32());
        Assert.Equal(0, usage.GetProperty("output_tokens_details").GetProperty("reasoning_tokens").GetInt32());
        string[] rest =
        [
            "created_at", "background", "error", "incomplete_details", "max_output_tokens", "model", "parallel_tool_calls", "previous_response_id", "reasoning", "text", "tool_choice", "tools",
            "top_p", "truncation", "user",
        ];
        Assert.All(rest, name => Assert.True(response.TryGetProperty(name, out _), name));
        Assert.Equal(Tokens(("system", "Be kind."), ("user", "Hi")), router.Loop.Requests[0].Prompt.ToArray());
    }

    [Fact]
    public async Task Items_become_turns()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, new
        {
            model = "mesh",
            instructions = "Be kind.",
            input = new object[]
            {
                new { role = "developer", content = "Be short." },
                new { type = "message", role = "user", content = new[] { new { type = "input_text", text = "How is " }, new { type = "input_text", text = "Köln?" } } },
                new { type = "reasoning", id = "rs_1", summary = Array.Empty<object>() },
                new { type = "message", role = "assistant", id = "msg_1", status = "completed", content = new[] { new { type = "output_text", text = "Let me see.", annotations = Array.Empty<object>() } } },
                new { type = "function_call", call_id = "call_1", name = "get_weather", arguments = "{\"city\":\"Köln\"}" },
                new { type = "function_call_output", call_id = "call_1", output = "rain" },
            },
        });
        Assert.Equal(
            Tokens(("system", "Be kind.\n\nBe short."), ("user", "How is Köln?"),
                ("assistant", "Let me see.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\":\"Köln\"}}\n</tool_call>"), ("user", "<tool_response>\nrain\n</tool_response>")),
            router.Loop.Requests[0].Prompt.ToArray());
    }

    [Fact]
    public async Task An_answer_that_reaches_its_limit_is_incomplete()
    {
        await using var router = await RouterHost.StartAsync();
        var response = await router.AskAsync(Path, new { model = "mesh", input = "Hi", max_output_tokens = 2 });
        Assert.Equal("incomplete", response.GetProperty("status").GetString());
        Assert.Equal("max_output_tokens", response.GetProperty("incomplete_details").GetProperty("reason").GetString());
        Assert.Equal("incomplete", response.GetProperty("output")[0].GetProperty("status").GetString());
        Assert.Equal(2, response.GetProperty("usage").GetProperty("output_tokens").GetInt32());
    }

    [Fact]
    public async Task Log_probabilities_are_listed_when_they_are_included()
    {
        await using var router = await RouterHost.StartAsync();
        var response = await router.AskAsync(Path, new { model = "mesh", input = "Hi", include = new[] { "message.output_text.logprobs" }, top_logprobs = 2 });
        var tokens = response.GetProperty("output")[0].GetProperty("content")[0].GetProperty("logprobs").EnumerateArray().ToArray();
        Assert.Equal("Hello there, dear friend.", string.Concat(tokens.Select(t => t.GetProperty("token").GetString())));
        Assert.All(tokens, t => Assert.Equal(2, t.GetProperty("top_logprobs").GetArrayLength()));
    }

    [Theory, InlineData("required"), InlineData("auto"), InlineData("function"), InlineData("allowed_tools")]
    public async Task Calls_are_items(string choice)
    {
        const string call = "\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Köln\"}}\n</tool_call>";
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = choice == "auto" ? "I look. <tool_call>" + call : call });
        object toolChoice = choice switch
        {
            "function" => new { type = "function", name = "get_weather" },
            "allowed_tools" => new { type = "allowed_tools", mode = "required", tools = new[] { new { type = "function", name = "get_weather" } } },
            _ => choice,
        };
        var response = await router.AskAsync(Path, new { model = "mesh", input = "How is Köln?", tools = Tools, tool_choice = toolChoice, include = new[] { "message.output_text.logprobs" } });
        var output = response.GetProperty("output").EnumerateArray().ToArray();
        Assert.Equal(choice == "auto" ? ["message", "function_call"] : ["function_call"], output.Select(i => i.GetProperty("type").GetString()));
        Assert.Equal("get_weather", output[^1].GetProperty("name").GetString());
        Assert.Equal("{\"city\": \"Köln\"}", output[^1].GetProperty("arguments").GetString());
        Assert.StartsWith("call_", output[^1].GetProperty("call_id").GetString());
        if (choice == "auto")
            Assert.Equal("I look. <", string.Concat(output[0].GetProperty("content")[0].GetProperty("logprobs").EnumerateArray().Select(t => t.GetProperty("token").GetString())));   // " <" is one token
        Assert.NotNull(router.Loop.Requests[0].Constraint);
        Assert.Equal("get_weather", response.GetProperty("tools")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_schema_is_kept_to()
    {
        await using var router = await RouterHost.StartRealAsync(["generalist"]);
        var response = await router.AskAsync(Path, new
        {
            model = "mesh", input = "Say yes or no.", max_output_tokens = 60,
            text = new { format = new { type = "json_schema", name = "answer", strict = true, schema = new { type = "object", properties = new { sure = new { type = "boolean" } }, required = new[] { "sure" }, additionalProperties = false } } },
        });
        var text = response.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString()!;
        Assert.True(JsonDocument.Parse(text).RootElement.GetProperty("sure").ValueKind is JsonValueKind.True or JsonValueKind.False);
        Assert.Equal("json_schema", response.GetProperty("text").GetProperty("format").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Truncation_leaves_out_the_oldest_turns()
    {
        await using var router = await RouterHost.StartAsync();   // the window is 512 tokens
        var turns = Enumerable.Range(0, 100).Select(i => new { role = i % 2 == 0 ? "user" : "assistant", content = $"This is number {i}." }).Append(new { role = "user", content = "Last." }).ToArray();
        await router.AskAsync(Path, new { model = "mesh", input = turns, instructions = "Be kind.", truncation = "auto" });
        var prompt = FakeExperts.Tokenizer.Decode(router.Loop.Requests[0].Prompt.ToArray());
        Assert.InRange(router.Loop.Requests[0].Prompt.Length, 200, 384);
        Assert.Contains("Be kind.", prompt);
        Assert.Contains("number 99.", prompt);
        Assert.Contains("Last.", prompt);
        Assert.DoesNotContain("number 1.", prompt);
    }

    [Theory]
    [InlineData("{}", "model")]
    [InlineData("""{"model":"mesh"}""", "input")]
    [InlineData("""{"model":"mesh","input":[]}""", "input")]
    [InlineData("""{"model":"mesh","input":5}""", "input")]
    [InlineData("""{"model":"mesh","input":["x"]}""", "input[0]")]
    [InlineData("""{"model":"mesh","input":[{"content":"x"}]}""", "input[0].type")]
    [InlineData("""{"model":"mesh","input":[{"role":"king","content":"x"}]}""", "input[0].role")]
    [InlineData("""{"model":"mesh","input":[{"role":"user"}]}""", "input[0].content")]
    [InlineData("""{"model":"mesh","input":[{"role":"user","content":[{"type":"input_image","image_url":"x"}]}]}""", "input[0].content[0].type")]
    [InlineData("""{"model":"mesh","input":[{"role":"user","content":"x","extra":"\ud800"}]}""", "input[0]")]
    [InlineData("""{"model":"mesh","input":[{"type":"computer_call"}]}""", "input[0].type")]
    [InlineData("""{"model":"mesh","input":[{"type":"function_call","name":"x","arguments":"{}"}]}""", "input[0].call_id")]
    [InlineData("""{"model":"mesh","input":[{"type":"function_call_output","call_id":"x"}]}""", "input[0].output")]
    [InlineData("""{"model":"mesh","input":[{"type":"reasoning","id":"x","summary":[]}]}""", "input")]
    [InlineData("""{"model":"mesh","input":"x","background":true}""", "background")]
    [InlineData("""{"model":"mesh","input":"x","conversation":"conv_1"}""", "conversation")]
    [InlineData("""{"model":"mesh","input":"x","prompt":{"id":"p"}}""", "prompt")]
    [InlineData("""{"model":"mesh","input":"x","include":["everything"]}""", "include[0]")]
    [InlineData("""{"model":"mesh","input":"x","text":{"format":{"type":"xml"}}}""", "text.format.type")]
    [InlineData("""{"model":"mesh","input":"x","text":{"format":{"type":"json_schema","name":"x"}}}""", "text.format.schema")]
    [InlineData("""{"model":"mesh","input":"x","tools":[{"type":"web_search"}]}""", "tools[0].type")]
    [InlineData("""{"model":"mesh","input":"x","tools":[{"type":"function"}]}""", "tools[0].name")]
    [InlineData("""{"model":"mesh","input":"x","tools":[{"type":"function","name":"a","description":"\udc00"}]}""", "tools[0].description")]
    [InlineData("""{"model":"mesh","input":"x","tools":[{"type":"function","name":"a","parameters":{"x":"\udc00"}}]}""", "tools[0].parameters")]
    [InlineData("""{"model":"mesh","input":"x","tools":[{"type":"function","name":"a"}],"tool_choice":{"type":"function","name":"b"}}""", "tool_choice.name")]
    [InlineData("""{"model":"mesh","input":"x","tools":[{"type":"function","name":"a"}],"tool_choice":{"type":"file_search"}}""", "tool_choice.type")]
    [InlineData("""{"model":"mesh","input":"x","tool_choice":"required"}""", "tool_choice")]
    [InlineData("""{"model":"mesh","input":"x","metadata":{"a":5}}""", "metadata.a")]
    [InlineData("""{"model":"mesh","input":"x","metadata":{"a":"\ud800"}}""", "metadata.a")]
    [InlineData("""{"model":"mesh","input":"x","max_output_tokens":0}""", "max_output_tokens")]
    [InlineData("""{"model":"mesh","input":"x","truncation":"maybe"}""", "truncation")]
    [InlineData("""{"model":"mesh","input":"x","mesh":{"trace":true}}""", "mesh.trace")]
    [InlineData("""{"model":"mesh","input":"x","previous_response_id":"resp_x"}""", "previous_response_id")]
    public async Task A_bad_value_is_refused_by_name(string body, string parameter)
    {
        await using var router = await RouterHost.StartAsync();
        Assert.Equal(parameter, (await RouterHost.ErrorAsync(await router.PostAsync(Path, body), 400)).GetProperty("param").GetString());
        Assert.Empty(router.Loop.Requests);
    }

    [Fact]
    public async Task A_tool_that_the_mesh_does_not_have_is_named()
    {
        await using var router = await RouterHost.StartAsync();
        var error = await RouterHost.ErrorAsync(await router.PostAsync(Path, """{"model":"mesh","input":"x","tools":[{"type":"web_search"}]}"""), 400);
        Assert.Equal("unsupported_value", error.GetProperty("code").GetString());
        Assert.Contains("'web_search'", error.GetProperty("message").GetString());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_prompt_beyond_the_context_is_a_400_before_any_event(bool stream)
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Before = (_, _) => throw new ContextLengthException(600, 512) });
        var error = await RouterHost.ErrorAsync(await router.PostAsync(Path, $$"""{"model":"mesh","input":"x","stream":{{(stream ? "true" : "false")}}}"""), 400);
        Assert.Equal("context_length_exceeded", error.GetProperty("code").GetString());
        Assert.Equal("input", error.GetProperty("param").GetString());
    }

    internal static readonly object[] Tools =
    [
        new { type = "function", name = "get_weather", description = "The weather of a city.", strict = true, parameters = new { type = "object", properties = new { city = new { type = "string" } }, required = new[] { "city" }, additionalProperties = false } },
        new { type = "function", name = "get_time" },
    ];

    private static int[] Tokens(params (string Role, string Content)[] turns) => FakeExperts.Tokenizer.EncodeChat([.. turns.Select(t => new Mesh.Inference.Tokenizer.ChatTurn(t.Role, t.Content))]);
}
