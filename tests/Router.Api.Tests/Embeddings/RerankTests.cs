namespace Router.Api.Tests.Embeddings;

public sealed class RerankTests
{
    [Fact]
    public async Task Documents_come_back_by_their_nearness_to_the_query()
    {
        await using var router = await RouterHost.StartAsync(new FakeExperts("generalist"));
        var answer = await router.AskAsync("/v1/rerank", new
        {
            model = "mesh", query = "And God said, Let there be light", top_n = 2,
            documents = new object[] { "int main(void)", "And God said, Let there be light", new { text = "And God said" } },
        });
        var results = answer.GetProperty("results").EnumerateArray().ToArray();
        Assert.Equal([1, 2], results.Select(r => r.GetProperty("index").GetInt32()));
        Assert.Equal(1, results[0].GetProperty("relevance_score").GetDouble(), 4);
        Assert.InRange(results[1].GetProperty("relevance_score").GetDouble(), 0, 1);
        Assert.Equal("And God said", results[1].GetProperty("document").GetProperty("text").GetString());
        Assert.True(answer.GetProperty("usage").GetProperty("total_tokens").GetInt32() > 10);
        var bare = await router.AskAsync("/v1/rerank", new { model = "mesh", query = "a", documents = new[] { "b" }, return_documents = false });
        Assert.False(bare.GetProperty("results")[0].TryGetProperty("document", out _));
    }

    [Theory]
    [InlineData("""{"model":"mesh","documents":["x"]}""", 400, "query")]
    [InlineData("""{"model":"mesh","query":"x"}""", 400, "documents")]
    [InlineData("""{"model":"mesh","query":"x","documents":[]}""", 400, "documents")]
    [InlineData("""{"model":"mesh","query":"x","documents":["a",1]}""", 400, "documents[1]")]
    [InlineData("""{"model":"mesh","query":"x","documents":[{}]}""", 400, "documents[0].text")]
    [InlineData("""{"model":"mesh","query":"x","documents":["a"],"top_n":0}""", 400, "top_n")]
    [InlineData("""{"model":"none","query":"x","documents":["a"]}""", 404, "model")]
    public async Task A_bad_request_is_refused_by_name(string body, int status, string parameter)
    {
        await using var router = await RouterHost.StartAsync(new FakeExperts("generalist"));
        Assert.Equal(parameter, (await RouterHost.ErrorAsync(await router.PostAsync("/v1/rerank", body), status)).GetProperty("param").GetString());
    }
}
