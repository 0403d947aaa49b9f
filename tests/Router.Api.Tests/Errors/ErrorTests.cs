using System.Net.Http.Json;
using System.Text;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.TokenLoop;

namespace Router.Api.Tests.Errors;

public sealed class ErrorTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Message = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

    [Theory]
    [InlineData("\"temperature\":\"hot\"", "temperature", "invalid_type")]
    [InlineData("\"temperature\":2.5", "temperature", "decimal_above_max_value")]
    [InlineData("\"temperature\":-1", "temperature", "decimal_below_min_value")]
    [InlineData("\"temperature\":1e999", "temperature", "decimal_above_max_value")]
    [InlineData("\"top_p\":1.5", "top_p", "decimal_above_max_value")]
    [InlineData("\"top_p\":[]", "top_p", "invalid_type")]
    [InlineData("\"max_tokens\":0", "max_tokens", "integer_below_min_value")]
    [InlineData("\"max_tokens\":1.5", "max_tokens", "invalid_type")]
    [InlineData("\"max_tokens\":99999999999999999999", "max_tokens", "integer_above_max_value")]
    [InlineData("\"max_completion_tokens\":-3", "max_completion_tokens", "integer_below_min_value")]
    [InlineData("\"n\":1000", "n", "integer_above_max_value")]
    [InlineData("\"seed\":\"x\"", "seed", "invalid_type")]
    [InlineData("\"stream\":\"yes\"", "stream", "invalid_type")]
    [InlineData("\"stream_options\":{\"include_usage\":true}", "stream_options", "invalid_value")]
    [InlineData("\"stream\":true,\"stream_options\":3", "stream_options", "invalid_type")]
    [InlineData("\"stop\":7", "stop", "invalid_type")]
    [InlineData("\"stop\":\"\"", "stop", "invalid_value")]
    [InlineData("\"stop\":[\"a\",5]", "stop[1]", "invalid_type")]
    [InlineData("\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]", "stop", "array_above_max_length")]
    [InlineData("\"top_logprobs\":3", "top_logprobs", "invalid_value")]
    [InlineData("\"logprobs\":true,\"top_logprobs\":21", "top_logprobs", "integer_above_max_value")]
    [InlineData("\"presence_penalty\":3", "presence_penalty", "decimal_above_max_value")]
    [InlineData("\"repetition_penalty\":0", "repetition_penalty", "decimal_below_min_value")]
    [InlineData("\"logit_bias\":{\"x\":1}", "logit_bias", "invalid_value")]
    [InlineData("\"logit_bias\":{\"5\":101}", "logit_bias.5", "decimal_above_max_value")]
    [InlineData("\"logit_bias\":{\"5000\":1}", "logit_bias", "invalid_value")]
    [InlineData("\"user\":5", "user", "invalid_type")]
    [InlineData("\"functions\":[]", "functions", "unsupported_value")]
    [InlineData("\"modalities\":[\"text\",\"audio\"]", "modalities", "unsupported_value")]
    [InlineData("\"mesh\":7", "mesh", "invalid_type")]
    [InlineData("\"mesh\":{\"k\":0}", "mesh.k", "integer_below_min_value")]
    [InlineData("\"mesh\":{\"gate\":\"best\"}", "mesh.gate", "invalid_value")]
    [InlineData("\"mesh\":{\"background\":1}", "mesh.background", "invalid_type")]
    [InlineData("\"mesh\":{\"evidence_decay\":1}", "mesh.evidence_decay", "decimal_above_max_value")]
    [InlineData("\"mesh\":{\"evidence_weight\":-0.1}", "mesh.evidence_weight", "decimal_below_min_value")]
    [InlineData("\"mesh\":{\"deadline_factor\":1}", "mesh.deadline_factor", "decimal_below_min_value")]
    [InlineData("\"mesh\":{\"minimum_deadline_ms\":0}", "mesh.minimum_deadline_ms", "decimal_below_min_value")]
    [InlineData("\"mesh\":{\"negligible_weight\":1.01}", "mesh.negligible_weight", "decimal_above_max_value")]
    [InlineData("\"mesh\":{\"hysteresis\":1e400}", "mesh.hysteresis", "decimal_above_max_value")]
    [InlineData("\"mesh\":{\"refresh_interval\":2147483648}", "mesh.refresh_interval", "integer_above_max_value")]
    [InlineData("\"mesh\":{\"gate_hash\":\"../../etc/passwd\"}", "mesh.gate_hash", "invalid_value")]
    [InlineData("\"mesh\":{\"gate_hash\":\"5F1D3C0F2A6B7C8D9E0F1A2B3C4D5E6F708192A3B4C5D6E7F8091A2B3C4D5E6F\"}", "mesh.gate_hash", "invalid_value")]
    [InlineData("\"mesh\":{\"gate\":\"uniform\",\"gate_hash\":\"5f1d3c0f2a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f\"}", "mesh.gate", "invalid_value")]
    public async Task A_bad_value_is_refused_by_name(string field, string parameter, string code)
    {
        await using var router = await RouterHost.StartAsync();
        var error = await RouterHost.ErrorAsync(await router.PostAsync(Chat, $$"""{"model":"mesh",{{Message}},{{field}}}"""), 400);
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Equal(parameter, error.GetProperty("param").GetString());
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Contains(parameter, error.GetProperty("message").GetString()!);
        Assert.Empty(router.Loop.Requests);
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"x"}]}""", "model")]
    [InlineData("""{"model":"mesh"}""", "messages")]
    [InlineData("""{"model":"mesh","messages":[]}""", "messages")]
    [InlineData("""{"model":"mesh","messages":"hi"}""", "messages")]
    [InlineData("""{"model":"mesh","messages":[3]}""", "messages[0]")]
    [InlineData("""{"model":"mesh","messages":[{"content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"model":"mesh","messages":[{"role":"king","content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"model":"mesh","messages":[{"role":"user"}]}""", "messages[0].content")]
    [InlineData("""{"model":"mesh","messages":[{"role":"user","content":null}]}""", "messages[0].content")]
    [InlineData("""{"model":"mesh","messages":[{"role":"user","content":5}]}""", "messages[0].content")]
    [InlineData("""{"model":"mesh","messages":[{"role":"user","content":[]}]}""", "messages[0].content")]
    [InlineData("""{"model":"mesh","messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}""", "messages[0].content[0].type")]
    [InlineData("""{"model":"mesh","messages":[{"role":"user","content":[{"type":"text"}]}]}""", "messages[0].content[0].text")]
    [InlineData("""{"model":"mesh","messages":[{"role":"user","content":"\ud800"}]}""", "messages[0].content")]
    [InlineData("""{"model":5,"messages":[{"role":"user","content":"x"}]}""", "model")]
    public async Task A_bad_conversation_is_refused_by_name(string body, string parameter)
    {
        await using var router = await RouterHost.StartAsync();
        var error = await RouterHost.ErrorAsync(await router.PostAsync(Chat, body), 400);
        Assert.Equal(parameter, error.GetProperty("param").GetString());
    }

    [Theory]
    [InlineData(""), InlineData("{"), InlineData("[]"), InlineData("null"), InlineData("\"x\""), InlineData("{\"model\":\"mesh\",}"), InlineData("{'model':'mesh'}"), InlineData("\0")]
    public async Task A_body_that_is_no_JSON_object_is_refused(string body)
    {
        await using var router = await RouterHost.StartAsync();
        var error = await RouterHost.ErrorAsync(await router.PostAsync(Chat, body), 400);
        Assert.Contains("JSON", error.GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task Nesting_without_end_is_refused()
    {
        await using var router = await RouterHost.StartAsync();
        await RouterHost.ErrorAsync(await router.PostAsync(Chat, string.Concat(Enumerable.Repeat("{\"a\":", 5000)) + "1"), 400);
        await RouterHost.ErrorAsync(await router.PostAsync(Chat, new string('[', 100_000)), 400);
    }

    [Fact]
    public async Task A_body_without_the_JSON_type_is_refused()
    {
        await using var router = await RouterHost.StartAsync();
        var error = await RouterHost.ErrorAsync(await router.Client.PostAsync(Chat, new StringContent("{}", Encoding.UTF8, "text/plain")), 415);
        Assert.Equal("unsupported_media_type", error.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        await using var router = await RouterHost.StartAsync(settings: "--Mesh:Router:MaxBodyBytes=2000");
        var error = await RouterHost.ErrorAsync(await router.PostAsync(Chat, $$"""{"model":"{{new string('x', 3000)}}"}"""), 413);
        Assert.Equal("body_too_large", error.GetProperty("code").GetString());
    }

    [Theory, InlineData("gpt-4"), InlineData("../etc"), InlineData("ALPHA"), InlineData("")]
    public async Task An_unknown_model_is_not_found(string model)
    {
        await using var router = await RouterHost.StartAsync();
        var error = await RouterHost.ErrorAsync(await router.Client.PostAsJsonAsync(Chat, new { model, messages = new[] { new { role = "user", content = "x" } } }), 404);
        Assert.Equal("model_not_found", error.GetProperty("code").GetString());
        Assert.Equal("model", error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task An_expert_that_is_not_ready_is_unavailable_and_says_why()
    {
        var experts = new FakeExperts("alpha");
        experts.Put("beta", ExpertState.Refused, "The file is corrupt.");
        await using var router = await RouterHost.StartAsync(experts);
        using var response = await router.PostAsync(Chat, $$"""{"model":"beta",{{Message}}}""");
        Assert.True(response.Headers.Contains("Retry-After"));
        var error = await RouterHost.ErrorAsync(response, 503);
        Assert.Contains("The file is corrupt.", error.GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task Without_experts_the_mesh_is_unavailable()
    {
        await using var router = await RouterHost.StartAsync(new FakeExperts());
        var error = await RouterHost.ErrorAsync(await router.PostAsync(Chat, $$"""{"model":"mesh",{{Message}}}"""), 503);
        Assert.Equal("no_experts", error.GetProperty("code").GetString());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_prompt_beyond_the_context_is_refused_before_anything_is_sent(bool stream)
    {
        var loop = new ScriptedLoop { Before = (_, _) => throw new ContextLengthException(600, 512) };
        await using var router = await RouterHost.StartAsync(loop: loop);
        var error = await RouterHost.ErrorAsync(await router.PostAsync(Chat, $$"""{"model":"mesh",{{Message}},"stream":{{(stream ? "true" : "false")}}}"""), 400);
        Assert.Equal("context_length_exceeded", error.GetProperty("code").GetString());
        Assert.Equal("messages", error.GetProperty("param").GetString());
        Assert.Contains("512", error.GetProperty("message").GetString()!);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_defect_is_a_500_that_tells_nothing_of_the_inside(bool stream)
    {
        var loop = new ScriptedLoop { Before = (_, _) => throw new InvalidCastException("secret inside") };
        await using var router = await RouterHost.StartAsync(loop: loop);
        var error = await RouterHost.ErrorAsync(await router.PostAsync(Chat, $$"""{"model":"mesh",{{Message}},"stream":{{(stream ? "true" : "false")}}}"""), 500);
        Assert.DoesNotContain("secret", error.GetProperty("message").GetString());
    }

    [Theory, InlineData("/"), InlineData("/v1/models"), InlineData("/v1/models/mesh"), InlineData("/mesh/status")]
    public async Task HEAD_answers_what_GET_does_without_the_body(string path)
    {
        await using var router = await RouterHost.StartAsync();
        using var head = await router.Client.SendAsync(new(HttpMethod.Head, path));
        using var get = await router.Client.GetAsync(path);
        Assert.Equal((get.StatusCode, get.Content.Headers.ContentType?.MediaType), (head.StatusCode, head.Content.Headers.ContentType?.MediaType));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_failure_in_mid_stream_is_an_event_and_the_end()
    {
        var loop = new ScriptedLoop { Before = (i, _) => i < 2 ? Task.CompletedTask : throw new NoExpertException("All experts are gone.") };
        await using var router = await RouterHost.StartAsync(loop: loop);
        var events = await router.StreamAsync(Chat, new { model = "mesh", messages = new[] { new { role = "user", content = "x" } }, stream = true });
        var error = System.Text.Json.JsonDocument.Parse(events[^1]).RootElement.GetProperty("error");
        Assert.Equal("All experts are gone.", error.GetProperty("message").GetString());
        Assert.Equal("no_experts", error.GetProperty("code").GetString());
        Assert.DoesNotContain("[DONE]", events);
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "unknown_url")]
    [InlineData("POST", "/v2/chat", 404, "unknown_url")]
    [InlineData("GET", "/v1/chat/completions", 405, "method_not_supported")]
    [InlineData("DELETE", "/v1/models", 405, "method_not_supported")]
    [InlineData("GET", "/v1/models/unknown", 404, "model_not_found")]
    [InlineData("DELETE", "/mesh/experts/unknown", 404, "expert_not_found")]
    public async Task Unknown_paths_and_methods_get_error_objects_too(string method, string path, int status, string code)
    {
        await using var router = await RouterHost.StartAsync();
        var error = await RouterHost.ErrorAsync(await router.Client.SendAsync(new(new(method), path)), status);
        Assert.Equal(code, error.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Ten_thousand_mutilated_bodies_are_refused_or_answered_and_never_break_anything()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = "ok" });
        var seed = Encoding.UTF8.GetBytes("""
            {"model":"mesh","messages":[{"role":"user","content":[{"type":"text","text":"Hé \ud83d\ude00"}]}],"temperature":0.5,"stop":["a","b"],"stream":false,
            "max_tokens":3,"mesh":{"k":2,"trace":true,"gate":"uniform"},"logprobs":true,"top_logprobs":2,"n":2,"seed":7,"logit_bias":{"5":1.5}}
            """);
        var random = new Random(7);
        await Parallel.ForEachAsync(Enumerable.Range(0, 10_000).Select(_ => Mutate(seed, random)).ToArray(), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (body, ct) =>
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new("application/json");
            using var response = await router.Client.PostAsync(Chat, content, ct);
            Assert.True((int)response.StatusCode is 200 or 400 or 404, $"{(int)response.StatusCode} for {Encoding.UTF8.GetString(body)}");
        });
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var body = seed.ToList();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(body.Count);
            switch (random.Next(5))
            {
                case 0: body[at] = (byte)random.Next(256); break;
                case 1: body.RemoveRange(at, Math.Min(random.Next(1, 12), body.Count - at)); break;
                case 2: body.Insert(at, "{}[]\",:0\\-e"u8[random.Next(11)]); break;
                case 3: body.InsertRange(at, "\\ud800"u8.ToArray()); break;
                default: body.InsertRange(at, body.GetRange(at, Math.Min(8, body.Count - at))); break;
            }
        }
        return [.. body];
    }
}
