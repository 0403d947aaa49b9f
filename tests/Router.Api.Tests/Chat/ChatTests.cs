using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Inference.Tokenizer;

namespace Router.Api.Tests.Chat;

public sealed class ChatTests
{
    private const string Path = "/v1/chat/completions";

    private static object Hello(bool stream = false) => new { model = "mesh", messages = new[] { new { role = "user", content = "Hi" } }, stream };

    [Theory, InlineData(true), InlineData(false)]
    public async Task An_answer_that_ends_inside_a_character_ends_before_it(bool stream)
    {
        var tokens = FakeExperts.Tokenizer.Encode("a😀");
        Assert.True(tokens.Length > 2, "The character has several tokens.");
        await using var router = await RouterHost.StartAsync(loop: new() { Tokens = tokens });
        var body = new { model = "mesh", messages = new[] { new { role = "user", content = "Hi" } }, max_tokens = tokens.Length - 1, logprobs = true, stream };
        var choices = stream
            ? (await router.StreamAsync("/v1/chat/completions", body))[..^1].Select(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0]).ToArray()
            : [(await router.AskAsync("/v1/chat/completions", body)).GetProperty("choices")[0]];
        var said = choices.Select(c => c.GetProperty(stream ? "delta" : "message"));
        Assert.Equal("a", string.Concat(said.Select(d => d.TryGetProperty("content", out var text) ? text.GetString() : "")));
        var listed = choices.Where(c => c.GetProperty("logprobs").ValueKind == JsonValueKind.Object).SelectMany(c => c.GetProperty("logprobs").GetProperty("content").EnumerateArray());
        Assert.Equal(tokens[..^1].SelectMany(t => FakeExperts.Tokenizer.Piece(t).ToArray()), listed.SelectMany(t => t.GetProperty("bytes").EnumerateArray().Select(b => b.GetByte())));
    }

    [Fact]
    public async Task An_answer_has_the_shape_that_clients_of_OpenAI_expect()
    {
        await using var router = await RouterHost.StartAsync();
        var answer = await router.AskAsync(Path, Hello());
        Assert.StartsWith("chatcmpl-", answer.GetProperty("id").GetString());
        Assert.Equal("chat.completion", answer.GetProperty("object").GetString());
        Assert.Equal("mesh", answer.GetProperty("model").GetString());
        Assert.StartsWith("fp_", answer.GetProperty("system_fingerprint").GetString());
        Assert.InRange(answer.GetProperty("created").GetInt64(), 1_700_000_000, 9_999_999_999);
        var choice = Assert.Single(answer.GetProperty("choices").EnumerateArray());
        Assert.Equal(0, choice.GetProperty("index").GetInt32());
        Assert.Equal("assistant", choice.GetProperty("message").GetProperty("role").GetString());
        Assert.Equal("Hello there, dear friend.", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(JsonValueKind.Null, choice.GetProperty("logprobs").ValueKind);
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        var usage = answer.GetProperty("usage");
        Assert.Equal(usage.GetProperty("total_tokens").GetInt32(), usage.GetProperty("prompt_tokens").GetInt32() + usage.GetProperty("completion_tokens").GetInt32());
        Assert.Equal(FakeExperts.Tokenizer.Encode("Hello there, dear friend.").Length, usage.GetProperty("completion_tokens").GetInt32());
        Assert.False(answer.TryGetProperty("mesh", out _));
    }

    [Fact]
    public async Task A_stream_opens_with_the_role_adds_text_and_closes_with_the_reason_and_DONE()
    {
        await using var router = await RouterHost.StartAsync();
        var events = await router.StreamAsync(Path, Hello(stream: true));
        Assert.Equal("[DONE]", events[^1]);
        var chunks = events[..^1].Select(e => JsonDocument.Parse(e).RootElement).ToArray();
        Assert.Single(chunks.Select(c => c.GetProperty("id").GetString()).Distinct());
        Assert.All(chunks, c => Assert.Equal("chat.completion.chunk", c.GetProperty("object").GetString()));
        Assert.All(chunks, c => Assert.False(c.TryGetProperty("usage", out _)));
        var deltas = chunks.Select(c => c.GetProperty("choices")[0]).ToArray();
        Assert.Equal("assistant", deltas[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.Equal("Hello there, dear friend.", string.Concat(deltas[..^1].Select(d => d.GetProperty("delta").GetProperty("content").GetString())));
        Assert.Empty(deltas[^1].GetProperty("delta").EnumerateObject());
        Assert.All(deltas[..^1], d => Assert.Equal(JsonValueKind.Null, d.GetProperty("finish_reason").ValueKind));
        Assert.Equal("stop", deltas[^1].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Usage_comes_in_a_last_chunk_without_choices_when_asked_for()
    {
        await using var router = await RouterHost.StartAsync();
        var events = await router.StreamAsync(Path, new
        {
            model = "mesh", messages = new[] { new { role = "user", content = "Hi" } }, stream = true, stream_options = new { include_usage = true },
        });
        var chunks = events[..^1].Select(e => JsonDocument.Parse(e).RootElement).ToArray();
        Assert.All(chunks[..^1], c => Assert.Equal(JsonValueKind.Null, c.GetProperty("usage").ValueKind));
        Assert.Empty(chunks[^1].GetProperty("choices").EnumerateArray());
        Assert.True(chunks[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32() > 0);
    }

    [Fact]
    public async Task Every_token_is_sent_when_it_is_chosen()
    {
        var second = new TaskCompletionSource();
        var loop = new ScriptedLoop { Before = (i, ct) => i == 1 ? second.Task.WaitAsync(ct) : Task.CompletedTask };
        await using var router = await RouterHost.StartAsync(loop: loop);
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = System.Net.Http.Json.JsonContent.Create(Hello(stream: true)) };
        using var response = await router.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Contains("\"role\":\"assistant\"", await reader.ReadLineAsync());
        Assert.Equal("", await reader.ReadLineAsync());
        Assert.Contains("\"content\":\"H", await reader.ReadLineAsync());
        second.SetResult();
        Assert.Contains("[DONE]", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task The_limit_on_tokens_ends_an_answer_with_length()
    {
        await using var router = await RouterHost.StartAsync();
        var answer = await router.AskAsync(Path, new { model = "mesh", messages = new[] { new { role = "user", content = "Hi" } }, max_completion_tokens = 2, max_tokens = 5 });
        Assert.Equal("length", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(2, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_stop_string_ends_the_answer_and_frees_the_experts(bool stream)
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = "one two three four five six" });
        var request = new { model = "mesh", messages = new[] { new { role = "user", content = "Hi" } }, stop = new[] { "three fo", "x" }, stream };
        string text, reason;
        if (stream)
        {
            var choices = (await router.StreamAsync(Path, request))[..^1].Select(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0]).ToArray();
            text = string.Concat(choices.Select(c => c.GetProperty("delta").TryGetProperty("content", out var t) ? t.GetString() : ""));
            reason = choices[^1].GetProperty("finish_reason").GetString()!;
        }
        else
        {
            var choice = (await router.AskAsync(Path, request)).GetProperty("choices")[0];
            (text, reason) = (choice.GetProperty("message").GetProperty("content").GetString()!, choice.GetProperty("finish_reason").GetString()!);
        }
        Assert.Equal("one two ", text);
        Assert.Equal("stop", reason);
        await router.Loop.Abandoned.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("A naïve café — 😀 日本語")]
    [InlineData("\"quotes\" \\ and \n new lines \t tabs \u0001 </script>")]
    public async Task Text_of_any_kind_arrives_unharmed(string answer)
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = answer });
        var events = await router.StreamAsync(Path, Hello(stream: true));
        Assert.Equal(answer, string.Concat(events[..^1].Select(e =>
            JsonDocument.Parse(e).RootElement.GetProperty("choices")[0].GetProperty("delta").TryGetProperty("content", out var t) ? t.GetString() : "")));
        Assert.Equal(answer, (await router.AskAsync(Path, Hello())).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task Roles_and_content_parts_reach_the_template()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, new
        {
            model = "mesh",
            messages = new object[]
            {
                new { role = "developer", content = "Be brief." },
                new { role = "user", content = new[] { new { type = "text", text = "What is " }, new { type = "text", text = "17 + 25?" } } },
                new { role = "assistant", content = "42" },
                new { role = "user", content = "And <|im_end|> plus one?" },
            },
        });
        var expected = FakeExperts.Tokenizer.EncodeChat([new("system", "Be brief."), new("user", "What is 17 + 25?"), new("assistant", "42"), new("user", "And <|im_end|> plus one?")]);
        Assert.Equal(expected, router.Loop.Requests.Single().Prompt.ToArray());
    }

    [Theory]
    [InlineData("""{"continue_final_message":true,"add_generation_prompt":false}""", ChatEnd.Open)]
    [InlineData("""{"continue_final_message":true}""", ChatEnd.Open)]
    [InlineData("""{"add_generation_prompt":false}""", ChatEnd.Open)]
    [InlineData("""{"continue_final_message":false,"add_generation_prompt":false}""", ChatEnd.Closed)]
    [InlineData("""{"add_generation_prompt":true}""", ChatEnd.NewAnswer)]
    [InlineData("{}", ChatEnd.NewAnswer)]
    public async Task A_last_message_of_the_assistants_is_gone_on_from_where_that_is_asked_for(string fields, ChatEnd end)
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = "  42, said with two spaces." });
        var body = JsonNode.Parse("""{"model":"mesh","messages":[{"role":"user","content":"What is 17 + 25?"},{"role":"assistant","content":"17 + 25 ="}]}""")!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(fields)!.AsObject())
            body[name] = value!.DeepClone();
        var answer = await router.AskAsync(Path, body);
        Assert.Equal("  42, said with two spaces.", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        var expected = FakeExperts.Tokenizer.EncodeChat([new("user", "What is 17 + 25?"), new("assistant", "17 + 25 =")], end);
        Assert.Equal(expected, router.Loop.Requests.Single().Prompt.ToArray());
        Assert.Equal(expected, (await router.AskAsync("/v1/tokenize", body)).GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32()));
    }

    [Theory]
    [InlineData(""" "continue_final_message":true,"add_generation_prompt":true,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}] """)]
    [InlineData(""" "continue_final_message":true,"messages":[{"role":"assistant","content":"y"},{"role":"user","content":"x"}] """)]
    [InlineData(""" "continue_final_message":true,"response_format":{"type":"json_object"},"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}] """)]
    public async Task What_cannot_be_gone_on_from_is_refused(string fields)
    {
        await using var router = await RouterHost.StartAsync();
        var error = await RouterHost.ErrorAsync(await router.PostAsync(Path, $$"""{"model":"mesh",{{fields}}}"""), 400);
        Assert.Equal("continue_final_message", error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Settings_reach_the_loop()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, new
        {
            model = "beta", messages = new[] { new { role = "user", content = "Hi" } },
            presence_penalty = 0.5, frequency_penalty = -0.5, repetition_penalty = 1.1, logit_bias = new Dictionary<string, double> { ["7"] = -100 },
            temperature = 0.5, top_p = 0.9, top_k = 40, min_p = 0.05, seed = 1234567890123L, max_tokens = 7, user = "someone", made_up_field = new { x = 1 },
            mesh = new { k = 2, gate = "uniform", mix = "geometric", trace = true },
        });
        var request = router.Loop.Requests.Single();
        Assert.Equal("beta", request.Only?.Value);
        Assert.Equal((0.5f, 0.9f, 40, 0.05f, 1234567890123L), (request.Sampling.Temperature, request.Sampling.TopP, request.Sampling.TopK, request.Sampling.MinP, request.Sampling.Seed));
        Assert.Equal((0.5f, -0.5f, 1.1f), (request.Sampling.PresencePenalty, request.Sampling.FrequencyPenalty, request.Sampling.RepetitionPenalty));
        Assert.Equal(new() { [7] = -100f }, request.Sampling.LogitBias!.ToDictionary());
        Assert.Equal(7, request.MaxTokens);
        Assert.True(request.Trace);
        Assert.Equal((2, Mesh.Ensemble.GateKind.Uniform, Mesh.Ensemble.MixMode.Geometric), (request.Routing!.Current.Options.K, request.Routing.Current.Options.Gate, request.Routing.Current.Options.Mix));
    }

    [Theory]
    [InlineData("", 0.05f), InlineData(",\"temperature\":1", 0.05f), InlineData(",\"min_p\":0", 0f), InlineData(",\"top_p\":1", 0f), InlineData(",\"top_k\":50", 0f)]
    public async Task Improbable_tokens_are_left_out_unless_the_request_says_which(string settings, float minP)
    {
        await using var router = await RouterHost.StartAsync();
        (await router.PostAsync(Path, $$"""{"model":"mesh","messages":[{"role":"user","content":"Hi"}]{{settings}}}""")).EnsureSuccessStatusCode();
        Assert.Equal(minP, router.Loop.Requests.Single().Sampling.MinP);
    }

    [Fact]
    public async Task Minus_one_is_no_bound()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, new { model = "mesh", messages = new[] { new { role = "user", content = "Hi" } }, max_tokens = -1, top_k = -1 });
        await router.AskAsync("/v1/completions", new { model = "mesh", prompt = "Hi", max_tokens = -1 });
        Assert.All(router.Loop.Requests, request => Assert.Equal((0, new Router.Api.Hosting.RouterOptions().MaxTokens), (request.Sampling.TopK, request.MaxTokens)));
        await RouterHost.ErrorAsync(await router.PostAsync(Path, """{"model":"mesh","messages":[{"role":"user","content":"Hi"}],"max_tokens":-2}"""), 400);
    }

    [Fact]
    public async Task Several_answers_come_side_by_side_with_their_own_seeds()
    {
        await using var router = await RouterHost.StartAsync();
        object Request(bool stream) => new { model = "mesh", messages = new[] { new { role = "user", content = "Hi" } }, n = 3, seed = 5, stream };
        var answer = await router.AskAsync(Path, Request(false));
        Assert.Equal([0, 1, 2], answer.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("index").GetInt32()));
        Assert.Equal([5L, 6L, 7L], router.Loop.Requests.Select(r => r.Sampling.Seed!.Value).Order());
        var chunks = (await router.StreamAsync(Path, Request(true)))[..^1].Select(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0]);
        foreach (var of in chunks.GroupBy(c => c.GetProperty("index").GetInt32()))
            Assert.Equal("Hello there, dear friend.", string.Concat(of.Select(c => c.GetProperty("delta").TryGetProperty("content", out var t) ? t.GetString() : "")));
    }

    [Fact]
    public async Task Log_probabilities_list_each_token_with_its_bytes_and_rivals()
    {
        await using var router = await RouterHost.StartAsync();
        var answer = await router.AskAsync(Path, new { model = "mesh", messages = new[] { new { role = "user", content = "Hi" } }, logprobs = true, top_logprobs = 2 });
        var content = answer.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content").EnumerateArray().ToArray();
        Assert.Equal("Hello there, dear friend.", string.Concat(content.Select(t => t.GetProperty("token").GetString())));
        Assert.Equal("Hello there, dear friend."u8.ToArray(), content.SelectMany(t => t.GetProperty("bytes").EnumerateArray().Select(b => b.GetByte())).ToArray());
        Assert.All(content, t => Assert.Equal(-0.25f, t.GetProperty("logprob").GetSingle()));
        Assert.All(content, t => Assert.Equal(2, t.GetProperty("top_logprobs").GetArrayLength()));
    }

    [Fact]
    public async Task A_trace_says_of_every_token_who_voted()
    {
        await using var router = await RouterHost.StartAsync();
        var events = await router.StreamAsync(Path, new { model = "mesh", messages = new[] { new { role = "user", content = "Hi" } }, stream = true, mesh = new { trace = true } });
        var tokens = events[..^1].Select(e => JsonDocument.Parse(e).RootElement).Where(e => e.TryGetProperty("mesh", out _))
            .SelectMany(e => e.GetProperty("mesh").GetProperty("tokens").EnumerateArray()).ToArray();
        Assert.Equal(FakeExperts.Tokenizer.Encode("Hello there, dear friend.").Length + 1, tokens.Length);
        Assert.All(tokens, t => Assert.Equal("plain", t.GetProperty("mode").GetString()));
        var votes = tokens[0].GetProperty("votes").EnumerateArray().ToArray();
        Assert.Equal(["alpha", "beta", "gamma"], votes.Select(v => v.GetProperty("expert").GetString()));
        Assert.Equal([0.75f, 0.25f, 0f], votes.Select(v => v.GetProperty("weight").GetSingle()));
        Assert.Equal("late", votes[2].GetProperty("dropped").GetString());
    }
}
