using Mesh.Ensemble;
using Mesh.Ensemble.Gating;
using Mesh.Inference;

namespace Router.Api.Tests.Generation;

/// <summary>What holds through the whole router with loaded models.</summary>
public sealed class RealModelTests
{
    private static readonly string[] Models = ["arithmetic", "generalist", "lexicon"];
    private const int AnswerTokens = 16;
    private const string Question = "Define river, and then tell me at some length what the word has meant to those who lived beside one.";

    /// <summary>The evidence gate asks for the scores of the newest tokens of a prompt, which are decoded for that though they are in the cache.</summary>
    [Theory, InlineData(GateKind.Uniform), InlineData(GateKind.Evidence)]
    public async Task The_second_turn_of_a_chat_decodes_only_what_is_new(GateKind gate)
    {
        // All vote on every token, so that each has decoded the whole first turn.
        await using var router = await RouterHost.StartRealAsync(Models, new InferenceOptions(), new EnsembleOptions { K = 3, Gate = gate });
        var scored = gate == GateKind.Uniform ? 0 : new EvidenceGate(new EnsembleOptions().EvidenceDecay, new EnsembleOptions().EvidenceWeight).Memory;
        var first = string.Concat(Enumerable.Repeat(Question + " ", 8));
        var answer = await AskAsync(router, User(first));
        (string, string)[] chat = [User(first), ("assistant", answer), User("And what is a lake?")];
        var (firstTokens, nextTokens) = (await TokenizeAsync(router, User(first)), await TokenizeAsync(router, chat));
        var known = firstTokens.AsSpan().CommonPrefixLength(nextTokens);
        Assert.True(known > 2 * scored, "The first turn is too short to tell.");
        var before = Decoded(router);
        await AskAsync(router, chat);
        foreach (var (expert, decoded) in Decoded(router))
            Assert.InRange(decoded - before[expert], 1, nextTokens.Length - known + scored + AnswerTokens);
    }

    [Theory, InlineData("17 + 25 = "), InlineData("17 + 25 =")]
    public async Task An_answer_that_was_begun_is_gone_on_with(string begun)
    {
        await using var router = await RouterHost.StartRealAsync(["arithmetic", "generalist"]);
        var answer = await router.AskAsync("/v1/chat/completions", new
        {
            model = "mesh", temperature = 0, max_tokens = 8, continue_final_message = true, add_generation_prompt = false,
            messages = new[] { new { role = "user", content = "What is 17 + 25?" }, new { role = "assistant", content = begun } },
        });
        Assert.Equal("42", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!.TrimStart()[..2]);
    }

    [Fact]
    public async Task A_changed_history_is_noticed_and_decoded_from_where_it_changed()
    {
        await using var router = await RouterHost.StartRealAsync(Models, new InferenceOptions(), new EnsembleOptions { K = 3 });
        await using var fresh = await RouterHost.StartRealAsync(Models, new InferenceOptions(), new EnsembleOptions { K = 3 });
        var answer = await AskAsync(router, User(Question));
        (string, string)[] changed = [User(Question.Replace("river", "queen")), ("assistant", answer), User("And what is a lake?")];
        var before = Decoded(router);
        var told = await AskAsync(router, changed);
        // Were the old history's cache taken for this one's, the answer would be another.
        Assert.Equal(await AskAsync(fresh, changed), told);
        var tokens = await TokenizeAsync(router, changed);
        foreach (var (expert, decoded) in Decoded(router))
            Assert.True(decoded - before[expert] > tokens.Length / 2, $"{expert} decoded {decoded - before[expert]} of {tokens.Length} tokens.");
    }

    [Fact]
    public async Task In_deterministic_mode_a_request_gets_the_same_tokens_alone_and_beside_seven_others()
    {
        await using var router = await RouterHost.StartRealAsync(Models, new InferenceOptions { Deterministic = true }, new EnsembleOptions { Deterministic = true, K = 2 });
        var alone = await TokensAsync(router, "Tell me about the sea.", 42);
        var crowd = Enumerable.Range(0, 7).Select(n => TokensAsync(router, $"Tell me about {n} and {n * 7}.", n)).ToArray();
        Assert.Equal(alone, await TokensAsync(router, "Tell me about the sea.", 42));
        await Task.WhenAll(crowd);
        Assert.NotEqual(alone, await TokensAsync(router, "Tell me about the sea.", 43));
    }

    private static Dictionary<string, long> Decoded(RouterHost router) => router.Real.ToDictionary(e => e.Expert.Value, e => e.DecodedTokens);

    private static async Task<string> AskAsync(RouterHost router, params (string, string)[] turns)
    {
        var answer = await router.AskAsync("/v1/chat/completions", new { model = "mesh", temperature = 0, max_tokens = AnswerTokens, messages = Messages(turns) });
        return answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
    }

    private static async Task<int[]> TokenizeAsync(RouterHost router, params (string, string)[] turns) =>
        [.. (await router.AskAsync("/v1/tokenize", new { messages = Messages(turns) })).GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32())];

    private static async Task<string> TokensAsync(RouterHost router, string question, int seed)
    {
        var answer = await router.AskAsync("/v1/chat/completions", new
        {
            model = "mesh", temperature = 1, seed, max_tokens = 40, logprobs = true, messages = Messages(User(question)),
        });
        return string.Join(' ', answer.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content").EnumerateArray()
            .Select(t => t.GetProperty("token").GetString() + t.GetProperty("logprob").GetRawText()));
    }

    private static (string, string) User(string content) => ("user", content);

    private static object[] Messages(params (string, string)[] turns) => [.. turns.Select(t => new { role = t.Item1, content = t.Item2 })];
}
