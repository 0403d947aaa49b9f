using System.Text.Json;

namespace Router.Api.Tests.Tokens;

public sealed class TokenTests
{
    [Fact]
    public async Task Text_becomes_tokens_and_tokens_text()
    {
        await using var router = await RouterHost.StartAsync();
        var answer = await router.AskAsync("/v1/tokenize", new { text = "Define photosynthesis: 光.", with_pieces = true });
        var tokens = answer.GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32()).ToArray();
        Assert.Equal(FakeExperts.Tokenizer.Encode("Define photosynthesis: 光."), tokens);
        Assert.Equal(tokens.Length, answer.GetProperty("count").GetInt32());
        Assert.Equal(tokens.Length, answer.GetProperty("pieces").GetArrayLength());
        Assert.Equal("Define photosynthesis: 光.", (await router.AskAsync("/v1/detokenize", new { tokens })).GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_conversation_counts_with_its_markup()
    {
        await using var router = await RouterHost.StartAsync();
        var answer = await router.AskAsync("/v1/tokenize", new { messages = new[] { new { role = "user", content = "Hi" } } });
        Assert.Equal(FakeExperts.Tokenizer.EncodeChat([new("user", "Hi")]), answer.GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32()));
    }

    [Theory]
    [InlineData("/v1/tokenize", "{}", "text")]
    [InlineData("/v1/tokenize", "{\"text\":5}", "text")]
    [InlineData("/v1/detokenize", "{}", "tokens")]
    [InlineData("/v1/detokenize", "{\"tokens\":[1,4096]}", "tokens[1]")]
    [InlineData("/v1/detokenize", "{\"tokens\":[1.5]}", "tokens[0]")]
    public async Task A_bad_value_is_refused_by_name(string path, string body, string parameter)
    {
        await using var router = await RouterHost.StartAsync();
        Assert.Equal(parameter, (await RouterHost.ErrorAsync(await router.PostAsync(path, body), 400)).GetProperty("param").GetString());
    }
}
