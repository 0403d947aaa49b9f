using System.Net.Http.Json;
using System.Runtime.InteropServices;

namespace Router.Api.Tests.Embeddings;

public sealed class EmbeddingTests
{
    [Fact]
    public async Task Vectors_are_normalised_and_the_same_in_both_encodings()
    {
        await using var router = await RouterHost.StartAsync(new FakeExperts("generalist"));
        var floats = (await router.AskAsync("/v1/embeddings", new { model = "mesh", input = new[] { "And God said", "let there be light" } })).GetProperty("data");
        Assert.Equal(2, floats.GetArrayLength());
        var vector = floats[0].GetProperty("embedding").EnumerateArray().Select(v => v.GetSingle()).ToArray();
        Assert.Equal(256, vector.Length);
        Assert.Equal(1, vector.Sum(v => v * v), 3);
        var packed = (await router.AskAsync("/v1/embeddings", new { model = "generalist", input = "And God said", encoding_format = "base64" })).GetProperty("data")[0];
        Assert.Equal(vector, MemoryMarshal.Cast<byte, float>(packed.GetProperty("embedding").GetBytesFromBase64()).ToArray());
        var shorter = (await router.AskAsync("/v1/embeddings", new { model = "mesh", input = "And God said", dimensions = 16 })).GetProperty("data")[0].GetProperty("embedding");
        Assert.Equal(16, shorter.GetArrayLength());
        Assert.Equal(1, shorter.EnumerateArray().Sum(v => v.GetSingle() * v.GetSingle()), 3);
    }

    [Theory]
    [InlineData("""{"model":"mesh"}""", 400, "input")]
    [InlineData("""{"model":"mesh","input":[]}""", 400, "input")]
    [InlineData("""{"model":"mesh","input":""}""", 400, "input")]
    [InlineData("""{"model":"mesh","input":["x",""]}""", 400, "input[1]")]
    [InlineData("""{"model":"mesh","input":"x","encoding_format":"hex"}""", 400, "encoding_format")]
    [InlineData("""{"model":"mesh","input":"x","dimensions":5000}""", 400, "dimensions")]
    [InlineData("""{"model":"none","input":"x"}""", 404, "model")]
    public async Task A_bad_request_is_refused_by_name(string body, int status, string parameter)
    {
        await using var router = await RouterHost.StartAsync(new FakeExperts("generalist"));
        Assert.Equal(parameter, (await RouterHost.ErrorAsync(await router.PostAsync("/v1/embeddings", body), status)).GetProperty("param").GetString());
    }

    [Theory]
    [InlineData("float"), InlineData("base64")]
    public async Task As_many_texts_as_OpenAI_takes_are_embedded_in_one_request_and_no_more(string encoding)
    {
        await using var router = await RouterHost.StartAsync(new FakeExperts("generalist"));
        var texts = Enumerable.Range(0, 2048).Select(i => $"text {i}").ToArray();
        var data = (await router.AskAsync("/v1/embeddings", new { model = "mesh", input = texts, encoding_format = encoding })).GetProperty("data");
        Assert.Equal(Enumerable.Range(0, 2048), data.EnumerateArray().Select(one => one.GetProperty("index").GetInt32()));
        using var more = await router.Client.PostAsJsonAsync("/v1/embeddings", new { model = "mesh", input = texts.Append("one more") });
        Assert.Equal("input", (await RouterHost.ErrorAsync(more, 400)).GetProperty("param").GetString());
    }

    [Fact]
    public async Task Text_beyond_the_context_is_refused()
    {
        await using var router = await RouterHost.StartAsync(new FakeExperts("generalist"));
        using var response = await router.Client.PostAsJsonAsync("/v1/embeddings", new { model = "mesh", input = string.Join(' ', Enumerable.Repeat("word", 600)) });
        Assert.Equal("context_length_exceeded", (await RouterHost.ErrorAsync(response, 400)).GetProperty("code").GetString());
    }
}
