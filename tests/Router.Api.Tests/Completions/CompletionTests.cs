using System.Text.Json;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;

namespace Router.Api.Tests.Completions;

public sealed class CompletionTests
{
    private const string Path = "/v1/completions";

    [Fact]
    public async Task An_answer_has_the_shape_of_a_text_completion()
    {
        await using var router = await RouterHost.StartAsync();
        var answer = await router.AskAsync(Path, new { model = "mesh", prompt = "Say hello", max_tokens = 100, logprobs = 2 });
        Assert.StartsWith("cmpl-", answer.GetProperty("id").GetString());
        Assert.Equal("text_completion", answer.GetProperty("object").GetString());
        var choice = answer.GetProperty("choices")[0];
        Assert.Equal("Hello there, dear friend.", choice.GetProperty("text").GetString());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        var logprobs = choice.GetProperty("logprobs");
        var tokens = logprobs.GetProperty("tokens").EnumerateArray().Select(t => t.GetString()!).ToArray();
        Assert.Equal("Hello there, dear friend.", string.Concat(tokens));
        Assert.Equal(tokens.Length, logprobs.GetProperty("token_logprobs").GetArrayLength());
        Assert.Equal(tokens.Length, logprobs.GetProperty("top_logprobs").GetArrayLength());
        Assert.Equal([.. tokens.Select((_, i) => tokens[..i].Sum(t => t.Length))], logprobs.GetProperty("text_offset").EnumerateArray().Select(o => o.GetInt32()).ToArray());
        Assert.Equal(FakeExperts.Tokenizer.Encode("Say hello", addSpecial: true), router.Loop.Requests[0].Prompt.ToArray());
    }

    [Fact]
    public async Task A_stream_adds_text_and_ends_with_the_reason()
    {
        await using var router = await RouterHost.StartAsync();
        var events = await router.StreamAsync(Path, new { model = "mesh", prompt = "Say hello", max_tokens = 100, stream = true });
        Assert.Equal("[DONE]", events[^1]);
        var choices = events[..^1].Select(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0]).ToArray();
        Assert.Equal("Hello there, dear friend.", string.Concat(choices.Select(c => c.GetProperty("text").GetString())));
        Assert.Equal("stop", choices[^1].GetProperty("finish_reason").GetString());
    }

    [Theory]
    [InlineData("Hello there, dear friend.", "Hello there, dear", "")]
    [InlineData("Hello there, dear friend.", "Hello there, my", "Hello there, dear friend.")]
    [InlineData("😀 laughs", "never", "😀 laughs")]
    public async Task A_stream_whose_first_tokens_are_held_back_is_a_whole_stream(string answer, string stop, string expected)
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = answer });
        var events = await router.StreamAsync(Path, new { model = "mesh", prompt = "Say", max_tokens = 100, stream = true, stop });
        Assert.Equal("[DONE]", events[^1]);
        var choices = events[..^1].Select(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0]).ToArray();
        Assert.Equal(expected, string.Concat(choices.Select(c => c.GetProperty("text").GetString())));
        Assert.Equal("stop", choices[^1].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Sixteen_tokens_unless_told_otherwise()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, new { model = "mesh", prompt = "x" });
        Assert.Equal(16, router.Loop.Requests[0].MaxTokens);
    }

    [Fact]
    public async Task Prompts_may_be_texts_or_tokens_one_or_several()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync(Path, new { model = "mesh", prompt = new[] { 5, 6, 7 } });
        Assert.Equal([5, 6, 7], router.Loop.Requests[0].Prompt.ToArray());
        var answer = await router.AskAsync(Path, new { model = "mesh", prompt = new[] { new[] { 5 }, [6, 7] }, n = 2 });
        Assert.Equal(4, answer.GetProperty("choices").GetArrayLength());
        Assert.Equal(6, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32() * 2);
        Assert.Equal(2, (await router.AskAsync(Path, new { model = "mesh", prompt = new[] { "a", "b" } })).GetProperty("choices").GetArrayLength());
    }

    [Theory]
    [InlineData("{\"model\":\"mesh\"}", "prompt")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[]}", "prompt")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":{}}", "prompt")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[5,-1]}", "prompt[1]")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[99999999]}", "prompt[0]")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[[5],[]]}", "prompt")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[\"a\",3]}", "prompt[1]")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[\"a\",[1]]}", "prompt[1]")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[[1],\"a\"]}", "prompt[1]")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[[1],2]}", "prompt[1]")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[1,[2]]}", "prompt[1]")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[1,\"a\"]}", "prompt[1]")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[1.5]}", "prompt[0]")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[[[1]]]}", "prompt[0][0]")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[null]}", "prompt[0]")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[\"a\",null]}", "prompt[1]")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[{}]}", "prompt[0]")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":true}", "prompt")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":\"x\",\"suffix\":\"y\"}", "suffix")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":\"x\",\"logprobs\":6}", "logprobs")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":\"x\",\"n\":3,\"best_of\":2}", "best_of")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":\"x\",\"best_of\":2,\"stream\":true}", "best_of")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":\"x\",\"best_of\":17}", "best_of")]
    [InlineData("{\"model\":\"mesh\",\"prompt\":[\"a\",\"b\",\"c\"],\"n\":8}", "n")]
    public async Task A_bad_value_is_refused_by_name(string body, string parameter)
    {
        await using var router = await RouterHost.StartAsync();
        Assert.Equal(parameter, (await RouterHost.ErrorAsync(await router.PostAsync(Path, body), 400)).GetProperty("param").GetString());
    }

    [Fact]
    public async Task Echo_puts_the_prompt_first()
    {
        await using var router = await RouterHost.StartAsync();
        var answer = await router.AskAsync(Path, new { model = "mesh", prompt = "Hé! ", max_tokens = 100, echo = true, stop = "é" });
        Assert.Equal("Hé! Hello there, dear friend.", answer.GetProperty("choices")[0].GetProperty("text").GetString());
        var events = await router.StreamAsync(Path, new { model = "mesh", prompt = "Hé! ", max_tokens = 0, echo = true, stream = true });
        Assert.Equal("Hé! ", string.Concat(events[..^1].Select(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0].GetProperty("text").GetString())));
        Assert.Contains("\"finish_reason\":\"length\"", events[^2]);
    }

    [Fact]
    public async Task Echo_with_log_probabilities_scores_the_prompt_by_the_mixture()
    {
        await using var router = await RouterHost.StartRealAsync(["arithmetic", "scripture", "code"]);
        async Task<float[]> Score(string model, string prompt)
        {
            var answer = (await router.AskAsync(Path, new { model, prompt, max_tokens = 0, echo = true, logprobs = 0 })).GetProperty("choices")[0];
            var logprobs = answer.GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray().ToArray();
            Assert.Equal(prompt, answer.GetProperty("text").GetString());
            Assert.Equal(JsonValueKind.Null, logprobs[0].ValueKind);
            return [.. logprobs[1..].Select(l => l.GetSingle())];
        }

        const string verse = "And God said, Let there be light: and there was light. And God saw the light, that it was good.";
        float[] mesh = await Score("mesh", verse), scripture = await Score("scripture", verse), code = await Score("code", verse), arithmetic = await Score("arithmetic", verse);
        Assert.True(scripture.Sum() > code.Sum());
        Assert.True(mesh.Sum() > code.Sum(), "The gate leans to the expert that knows the text.");
        for (var i = 0; i < mesh.Length; i++)   // a mixture lies between its parts
            Assert.InRange(mesh[i], Math.Min(Math.Min(scripture[i], code[i]), arithmetic[i]) - 1e-3f, Math.Max(Math.Max(scripture[i], code[i]), arithmetic[i]) + 1e-3f);
    }

    [Fact]
    public async Task A_step_that_scores_a_prompt_counts_in_the_experts_load()
    {
        var (experts, underWay) = (new FakeExperts(), new List<int>());
        experts.PutToy("alpha", 1, around: toy => new Watched(toy, () => underWay.Add(experts.Peers[0].Load.Outstanding)));
        await using var router = await RouterHost.StartAsync(experts);
        await router.AskAsync(Path, new { model = "mesh", prompt = "Say hello", max_tokens = 0, echo = true, logprobs = 0 });
        Assert.Equal([1], underWay);
        Assert.Equal(0, experts.Peers[0].Load.Outstanding);
    }

    private sealed class Watched(IExpertChannel inner, Action onStep) : IExpertChannel
    {
        public ExpertId Expert => inner.Expert;

        public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
        {
            onStep();
            return inner.StepAsync(request, reply, cancellationToken);
        }

        public void Release(SessionId session) => inner.Release(session);
    }

    [Fact]
    public async Task The_best_of_several_are_the_most_probable_ones()
    {
        await using var router = await RouterHost.StartRealAsync(["code"]);
        async Task<(double Mean, int Index)[]> Ask(int n, int bestOf) => [.. (await router.AskAsync(Path,
            new { model = "code", prompt = "def ", max_tokens = 6, temperature = 1.5, seed = 7, n, best_of = bestOf, logprobs = 0 })).GetProperty("choices").EnumerateArray()
            .Select(c => (c.GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray().Average(l => l.GetDouble()), c.GetProperty("index").GetInt32()))];

        var all = await Ask(5, 5);
        var best = await Ask(2, 5);
        Assert.Equal([0, 1], best.Select(b => b.Index));
        Assert.All(best.Zip(all.OrderByDescending(a => a.Mean)), pair => Assert.Equal(pair.Second.Mean, pair.First.Mean, 1e-3));
        var usage = (await router.AskAsync(Path, new { model = "code", prompt = "def ", max_tokens = 3, best_of = 4, ignore = 1 })).GetProperty("usage");
        Assert.True(usage.GetProperty("completion_tokens").GetInt32() > 3, "All that was generated counts.");
    }

    [Fact]
    public async Task A_token_is_always_among_those_listed_with_it()
    {
        await using var router = await RouterHost.StartRealAsync(["code"]);
        var logprobs = (await router.AskAsync(Path, new { model = "code", prompt = "def ", max_tokens = 4, temperature = 2, echo = true, logprobs = 1 })).GetProperty("choices")[0].GetProperty("logprobs");
        var top = logprobs.GetProperty("top_logprobs").EnumerateArray().ToArray();
        Assert.Equal(JsonValueKind.Null, top[0].ValueKind);
        Assert.All(logprobs.GetProperty("tokens").EnumerateArray().Skip(1).Zip(top.Skip(1)), pair => Assert.True(pair.Second.TryGetProperty(pair.First.GetString()!, out _)));
    }
}
