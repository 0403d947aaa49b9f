namespace Router.Api.Tests.MeshApi;

public sealed class MixingApiTests
{
    [Fact]
    public async Task Select_names_the_experts_for_a_text_with_their_weights()
    {
        await using var router = await RouterHost.StartAsync();
        var answer = await router.AskAsync("/mesh/select", new { text = "In the beginning", mesh = new { k = 3 } });
        var experts = answer.GetProperty("experts").EnumerateArray().Select(e => (e.GetProperty("expert").GetString(), e.GetProperty("weight").GetSingle())).ToArray();
        Assert.Equal([("alpha", 0.75f), ("beta", 0.25f), ("gamma", 0f)], experts);
        var request = router.Loop.Requests.Single();
        Assert.Equal((1, 3, true), (request.MaxTokens, request.Routing!.Current.Options.K, request.Trace));
    }

    [Fact]
    public async Task Aggregate_mixes_by_weight_and_spreads_the_tail()
    {
        await using var router = await RouterHost.StartAsync();
        var answer = await router.AskAsync("/mesh/aggregate", new
        {
            mix = "arithmetic", vocabulary_size = 4,
            distributions = new object[]
            {
                new { ids = new[] { 0, 1 }, logprobs = new[] { Math.Log(0.5), Math.Log(0.5) }, weight = 3 },
                new { ids = new[] { 1 }, logprobs = new[] { Math.Log(0.7) }, tail = 0.3, weight = 1 },
            },
        });
        Assert.Equal([1, 0], answer.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()));
        var logs = answer.GetProperty("logprobs").EnumerateArray().Select(l => Math.Exp(l.GetDouble())).ToArray();
        Assert.Equal(0.75 * 0.5 + 0.25 * 0.7, logs[0], 4);
        Assert.Equal(0.75 * 0.5 + 0.25 * 0.1, logs[1], 4);
        Assert.Equal(0.25 * 0.1, Math.Exp(answer.GetProperty("unlisted_logprob").GetDouble()), 4);
    }

    [Theory]
    [InlineData("{}", "distributions")]
    [InlineData("""{"distributions":[]}""", "distributions")]
    [InlineData("""{"distributions":[{"ids":[1]}]}""", "distributions[0].logprobs")]
    [InlineData("""{"distributions":[{"ids":[1,2],"logprobs":[-1]}]}""", "distributions[0].logprobs")]
    [InlineData("""{"distributions":[{"ids":[2,1],"logprobs":[-1,-1]}]}""", "distributions[0].ids")]
    [InlineData("""{"distributions":[{"ids":[1],"logprobs":[0.5]}]}""", "distributions[0].ids")]
    [InlineData("""{"distributions":[{"ids":[1],"logprobs":["x"]}]}""", "distributions[0].logprobs[0]")]
    [InlineData("""{"distributions":[{"ids":[1],"logprobs":[0],"weight":0}]}""", "distributions")]
    [InlineData("""{"distributions":[{"ids":[1],"logprobs":[0],"weight":-1}]}""", "distributions[0].weight")]
    public async Task A_bad_distribution_is_refused_by_name(string body, string parameter)
    {
        await using var router = await RouterHost.StartAsync();
        Assert.Equal(parameter, (await RouterHost.ErrorAsync(await router.PostAsync("/mesh/aggregate", body), 400)).GetProperty("param").GetString());
    }
}
