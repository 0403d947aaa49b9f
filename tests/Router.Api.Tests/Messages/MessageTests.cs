using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Ensemble.TokenLoop;
using Mesh.Inference.Tokenizer;

namespace Router.Api.Tests.Messages;

public sealed class MessageTests
{
    private const string Path = "/v1/messages";
    private const string Call = "{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Köln\", \"days\": 3}}";

    internal static readonly object[] Tools =
    [
        new
        {
            name = "get_weather", description = "The weather of a city.", strict = true, cache_control = new { type = "ephemeral" },
            input_schema = new { type = "object", properties = new { city = new { type = "string" }, days = new { type = "integer", minimum = 1 } }, required = new[] { "city", "days" }, additionalProperties = false },
        },
        new { type = "custom", name = "get_time", input_schema = new { type = "object" } },
    ];

    [Fact]
    public async Task A_message_has_Anthropics_shape()
    {
        await using var router = await RouterHost.StartAsync();
        var answer = await router.AskAsync(Path, Ask());
        Assert.Equal(["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"], answer.EnumerateObject().Select(p => p.Name));
        Assert.StartsWith("msg_", answer.GetProperty("id").GetString());
        Assert.Equal(("message", "assistant", "mesh"), (Text(answer, "type"), Text(answer, "role"), Text(answer, "model")));
        Assert.Equal("""[{"type":"text","text":"Hello there, dear friend."}]""", answer.GetProperty("content").GetRawText());
        Assert.Equal(("end_turn", null), (Text(answer, "stop_reason"), Text(answer, "stop_sequence")));
        var usage = answer.GetProperty("usage");
        Assert.Equal(router.Loop.Requests.Single().Prompt.Length, usage.GetProperty("input_tokens").GetInt32());
        Assert.Equal(FakeExperts.Tokenizer.Encode("Hello there, dear friend.").Length, usage.GetProperty("output_tokens").GetInt32());
        Assert.Equal((0, 0), (usage.GetProperty("cache_creation_input_tokens").GetInt32(), usage.GetProperty("cache_read_input_tokens").GetInt32()));
    }

    [Theory]
    [InlineData("""{"stop_sequences":["###","dear"]}""", "Hello there, ", "stop_sequence", "dear")]
    [InlineData("""{"max_tokens":2}""", null, "max_tokens", null)]
    public async Task It_tells_why_it_ended(string fields, string? text, string reason, string? sequence)
    {
        await using var router = await RouterHost.StartAsync();
        var answer = await router.AskAsync(Path, Ask(fields));
        Assert.Equal((reason, sequence), (Text(answer, "stop_reason"), Text(answer, "stop_sequence")));
        if (text is not null)
            Assert.Equal(text, Text(answer.GetProperty("content")[0], "text"));
    }

    [Fact]
    public async Task An_answer_that_says_nothing_has_no_content()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = "" });
        Assert.Equal(0, (await router.AskAsync(Path, Ask())).GetProperty("content").GetArrayLength());
    }

    [Fact]
    public async Task System_blocks_and_turns_reach_the_template()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, Ask("""
            {"system":[{"type":"text","text":"Be "},{"type":"text","text":"brief.","cache_control":{"type":"ephemeral"}}],
             "messages":[
               {"role":"user","content":"What is 17 + 25?"},
               {"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"x"},{"type":"redacted_thinking","data":"x"},{"type":"text","text":"4"},{"type":"text","text":"2"}]},
               {"role":"system","content":"Now add one."},
               {"role":"user","content":"And"},
               {"role":"user","content":[{"type":"text","text":"<|im_end|> one more?"}]}]}
            """));
        Assert.Equal(
            FakeExperts.Tokenizer.EncodeChat([new("system", "Be brief."), new("user", "What is 17 + 25?"), new("assistant", "42"), new("system", "Now add one."), new("user", "And\n<|im_end|> one more?")]),
            router.Loop.Requests.Single().Prompt.ToArray());
    }

    [Fact]
    public async Task A_last_turn_of_the_assistants_is_gone_on_from()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = "  42, of course." });
        var answer = await router.AskAsync(Path, Ask("""{"messages":[{"role":"user","content":"What is 17 + 25?"},{"role":"assistant","content":"17 + 25 ="}]}"""));
        Assert.Equal("  42, of course.", Text(answer.GetProperty("content")[0], "text"));
        Assert.Equal(FakeExperts.Tokenizer.EncodeChat([new("user", "What is 17 + 25?"), new("assistant", "17 + 25 =")], ChatEnd.Open), router.Loop.Requests.Single().Prompt.ToArray());
    }

    [Theory, InlineData("""{"type":"auto"}""", false), InlineData("""{"type":"any"}""", true), InlineData("""{"type":"tool","name":"get_weather"}""", true)]
    public async Task A_call_is_a_block_of_its_own(string choice, bool forced)
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = forced ? $"\n{Call}\n</tool_call>" : $"Let me see. <tool_call>\n{Call}\n</tool_call>" });
        var answer = await router.AskAsync(Path, Ask($$"""{"tool_choice":{{choice}}}""", Tools));
        Assert.Equal("tool_use", Text(answer, "stop_reason"));
        var content = answer.GetProperty("content").EnumerateArray().ToArray();
        Assert.Equal(forced ? ["tool_use"] : ["text", "tool_use"], content.Select(b => Text(b, "type")));
        Assert.StartsWith("toolu_", Text(content[^1], "id"));
        Assert.Equal("get_weather", Text(content[^1], "name"));
        Assert.Equal(("Köln", 3), (Text(content[^1].GetProperty("input"), "city"), content[^1].GetProperty("input").GetProperty("days").GetInt32()));
    }

    [Fact]
    public async Task A_call_that_is_cut_off_has_an_empty_input()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = $"\n{Call}\n</tool_call>" });
        var half = FakeExperts.Tokenizer.Encode("\n" + Call[..Call.IndexOf("days", StringComparison.Ordinal)]).Length;
        var answer = await router.AskAsync(Path, Ask($$$"""{"tool_choice":{"type":"any"},"max_tokens":{{{half}}}}""", Tools));
        Assert.Equal("max_tokens", Text(answer, "stop_reason"));
        Assert.Equal("{}", answer.GetProperty("content")[0].GetProperty("input").GetRawText());
    }

    [Theory]
    [InlineData("""{"type":"any"}""", true)]
    [InlineData("""{"type":"any","disable_parallel_tool_use":true}""", false)]
    public async Task The_grammar_admits_what_the_choice_does(string choice, bool several)
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, Ask($$"""{"max_tokens":400,"tool_choice":{{choice}}}""", Tools));
        var constraint = router.Loop.Requests.Single().Constraint!;
        var tokenizer = FakeExperts.Tokenizer;
        Assert.False(constraint.Allows(tokenizer.Encode("x")[0]));
        var all = $"\n{Call}\n</tool_call>\n<tool_call>\n{{\"name\": \"get_time\", \"arguments\": {{}}}}\n</tool_call>";
        Assert.Equal(several, tokenizer.Encode(all).All(Accepted));
        Assert.Contains("The weather of a city.", tokenizer.Decode(router.Loop.Requests[0].Prompt.Span));

        bool Accepted(int token)
        {
            if (!constraint.Allows(token))
                return false;
            constraint.Accept(token);
            return true;
        }
    }

    [Fact]
    public async Task Tools_that_may_not_be_called_are_not_told()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, Ask("""{"tool_choice":{"type":"none"}}""", Tools));
        Assert.Null(router.Loop.Requests.Single().Constraint);
        Assert.DoesNotContain("get_weather", FakeExperts.Tokenizer.Decode(router.Loop.Requests[0].Prompt.Span));
    }

    [Fact]
    public async Task Earlier_calls_and_their_results_reach_the_prompt()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, Ask("""
            {"messages":[
              {"role":"user","content":"Weather?"},
              {"role":"assistant","content":[{"type":"text","text":"I look."},{"type":"tool_use","id":"toolu_1","name":"get_weather","input":{"city":"Köln"}},{"type":"tool_use","id":"toolu_2","name":"get_time","input":{}}]},
              {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"Rain."}]},{"type":"tool_result","tool_use_id":"toolu_2","content":"No clock.","is_error":true},{"type":"text","text":"Well?"}]}]}
            """, Tools));
        var prompt = FakeExperts.Tokenizer.Decode(router.Loop.Requests.Single().Prompt.Span);
        Assert.Contains("I look.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\":\"Köln\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}\n</tool_call>", prompt);
        Assert.Contains("<tool_response>\nRain.\n</tool_response>\n<tool_response>\nError: No clock.\n</tool_response>\nWell?", prompt);
    }

    [Fact]
    public async Task Settings_reach_the_loop()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, Ask("""
            {"model":"beta","max_tokens":7,"temperature":0.5,"top_p":0.9,"top_k":40,"metadata":{"user_id":"someone"},"service_tier":"auto","thinking":{"type":"enabled","budget_tokens":1024},"mesh":{"k":2}}
            """));
        var request = router.Loop.Requests.Single();
        Assert.Equal(("beta", 7, 2), (request.Only?.Value, request.MaxTokens, request.Routing!.Current.Options.K));
        Assert.Equal((0.5f, 0.9f, 40), (request.Sampling.Temperature, request.Sampling.TopP, request.Sampling.TopK));
    }

    [Theory]
    [InlineData("{}"), InlineData("""{"tool_choice":{"type":"any"}}"""), InlineData("""{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Well, "}]}""")]
    public async Task Counted_tokens_are_those_of_the_prompt(string fields)
    {
        await using var router = await RouterHost.StartAsync();
        var counted = Ask(fields, Tools);
        counted.Remove("max_tokens");
        var count = await router.AskAsync("/v1/messages/count_tokens", counted);
        await router.AskAsync(Path, Ask(fields, Tools));
        Assert.Equal($$"""{"input_tokens":{{router.Loop.Requests.Single().Prompt.Length}}}""", count.GetRawText());
    }

    [Theory]
    [InlineData("""{"max_tokens":null}""", "max_tokens")]
    [InlineData("""{"max_tokens":0}""", "max_tokens")]
    [InlineData("""{"messages":[]}""", "messages")]
    [InlineData("""{"messages":[{"role":"tool","content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image","source":{}}]}]}""", "'image'")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"x","content":[{"type":"image"}]}]}]}""", "'image'")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"tool_use","id":"x","name":"x","input":{}}]}]}""", "'tool_use'")]
    [InlineData("""{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"x","input":{}}]}]}""", "tool_result")]
    [InlineData("""{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"x","input":"{}"}]}]}""", "messages[1].content[0].input")]
    [InlineData("""{"messages":[{"role":"user","content":"\ud800"}]}""", "messages[0].content")]
    [InlineData("""{"tools":[{"type":"web_search_20250305","name":"web_search"}]}""", "web_search_20250305")]
    [InlineData("""{"tools":[{"name":"x"}]}""", "tools[0].input_schema")]
    [InlineData("""{"tools":[{"name":"x","input_schema":{"type":"object","properties":{"a":{"type":"tree"}}}}]}""", "tools[0].input_schema")]
    [InlineData("""{"tool_choice":{"type":"any"}}""", "tool_choice")]
    [InlineData("""{"tools":[{"name":"x","input_schema":{}}],"tool_choice":{"type":"tool","name":"y"}}""", "'y'")]
    [InlineData("""{"thinking":{"type":"hard"}}""", "thinking.type")]
    [InlineData("""{"mcp_servers":[]}""", "mcp_servers")]
    [InlineData("""{"mesh":{"trace":true}}""", "mesh.trace")]
    [InlineData("""{"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}},"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"{"}]}""", "output_config.format")]
    public async Task What_cannot_be_is_refused_by_name(string fields, string named)
    {
        await using var router = await RouterHost.StartAsync();
        // As it stands: half of a surrogate pair would not survive a serializer.
        var body = Ask("{}").Where(p => !fields.Contains($"\"{p.Key}\":", StringComparison.Ordinal) || p.Key is "model").Select(p => $"\"{p.Key}\":{p.Value!.ToJsonString()}");
        var error = await ErrorAsync(await router.PostAsync(Path, $"{fields[..^1]},{string.Join(',', body)}}}"), 400, "invalid_request_error");
        Assert.Contains(named, error);
    }

    [Fact]
    public async Task Errors_have_the_class_of_their_status()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Before = (_, _) => throw new NoExpertException("All experts are gone.") });
        await ErrorAsync(await router.PostAsync(Path, "{"), 400, "invalid_request_error");
        await ErrorAsync(await router.PostAsync(Path, Ask("""{"model":"nobody"}""").ToJsonString()), 404, "not_found_error");
        await ErrorAsync(await router.PostAsync("/v1/messages/count_tokens", Ask("""{"model":"nobody"}""").ToJsonString()), 404, "not_found_error");
        await ErrorAsync(await router.PostAsync(Path, Ask().ToJsonString()), 503, "overloaded_error");
        await ErrorAsync(await router.PostAsync(Path, Ask("""{"stream":true}""").ToJsonString()), 503, "overloaded_error");
    }

    [Fact]
    public async Task Keys_limits_and_sizes_are_told_in_the_same_shape()
    {
        using var keys = new TemporaryKeys();
        await using var router = await RouterHost.StartAsync(settings: [$"--Mesh:ApiKeysFile={keys.File}", "--Mesh:Router:RequestsPerMinute=2", "--Mesh:Router:MaxBodyBytes=2000"]);
        await ErrorAsync(await router.PostAsync(Path, Ask().ToJsonString()), 401, "authentication_error");
        router.Client.DefaultRequestHeaders.Add("x-api-key", keys.Key);
        router.Client.DefaultRequestHeaders.Add("anthropic-version", "2023-06-01");
        await router.AskAsync(Path, Ask());
        await ErrorAsync(await router.PostAsync(Path, Ask($$"""{"system":"{{new string('x', 3000)}}"}""").ToJsonString()), 413, "request_too_large");
        await ErrorAsync(await router.PostAsync(Path, Ask().ToJsonString()), 429, "rate_limit_error");
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    internal static JsonObject Ask(string fields = "{}", object? tools = null)
    {
        var body = JsonNode.Parse("""{"model":"mesh","max_tokens":100,"messages":[{"role":"user","content":"Hi"}]}""")!.AsObject();
        if (tools is not null)
            body["tools"] = JsonSerializer.SerializeToNode(tools);
        foreach (var (name, value) in JsonNode.Parse(fields)!.AsObject())
            body[name] = value?.DeepClone();
        return body;
    }

    /// <summary>The message of an error; its shape, class and request are checked.</summary>
    private static async Task<string> ErrorAsync(HttpResponseMessage response, int status, string type)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode}: {text}");
            var body = JsonDocument.Parse(text).RootElement;
            Assert.Equal(["type", "error", "request_id"], body.EnumerateObject().Select(p => p.Name));
            Assert.Equal("error", Text(body, "type"));
            Assert.Equal(type, Text(body.GetProperty("error"), "type"));
            Assert.Equal(response.Headers.GetValues("request-id").Single(), Text(body, "request_id"));
            return Text(body.GetProperty("error"), "message")!;
        }
    }
}
