namespace Router.Api.Tests.Clients;

/// <summary>Clients from npm, unchanged, against the router over two embedded experts. Each check is one of the script's.</summary>
public sealed class NpmClientTests(NpmClients clients) : IClassFixture<NpmClients>
{
    [SkippableTheory]
    [InlineData("models"), InlineData("chat"), InlineData("stream"), InlineData("stream helper"), InlineData("abort"), InlineData("logprobs"), InlineData("completions"),
     InlineData("tools"), InlineData("tools streamed"), InlineData("tool runner"), InlineData("structured answer"), InlineData("zod"), InlineData("responses"),
     InlineData("responses streamed"), InlineData("embeddings"), InlineData("errors")]
    public Task OpenAI(string check) => PassesAsync("openai.mjs", check);

    [SkippableTheory]
    [InlineData("chat generate"), InlineData("chat stream"), InlineData("chat tools"), InlineData("chat tools streamed"), InlineData("chat object"), InlineData("chat errors"), InlineData("chat abort"),
     InlineData("responses generate"), InlineData("responses stream"), InlineData("responses tools"), InlineData("responses tools streamed"), InlineData("responses object"), InlineData("responses errors"), InlineData("responses abort"),
     InlineData("compatible generate"), InlineData("compatible stream"), InlineData("compatible tools"), InlineData("compatible tools streamed"), InlineData("compatible object"), InlineData("compatible errors"), InlineData("compatible abort"),
     InlineData("embeddings"), InlineData("compatible embeddings")]
    public Task AI_SDK(string check) => PassesAsync("ai-sdk.mjs", check);

    [SkippableTheory]
    [InlineData("generate"), InlineData("stream"), InlineData("tools"), InlineData("tools streamed"), InlineData("object"), InlineData("errors"), InlineData("abort"),
     InlineData("responses generate"), InlineData("responses stream"), InlineData("responses tools"), InlineData("embeddings")]
    public Task LangChain(string check) => PassesAsync("langchain.mjs", check);

    [SkippableTheory]
    [InlineData("create"), InlineData("begun answer"), InlineData("stream"), InlineData("stream helper"), InlineData("abort"), InlineData("tools"), InlineData("tools streamed"),
     InlineData("stop sequences"), InlineData("structured answer"), InlineData("count tokens"), InlineData("errors")]
    public Task Anthropic(string check) => PassesAsync("anthropic.mjs", check);

    [SkippableTheory]
    [InlineData("status"), InlineData("register"), InlineData("self-task"), InlineData("halt"), InlineData("key")]
    public Task Grpc(string check) => PassesAsync("grpc.mjs", check);

    private async Task PassesAsync(string script, string check)
    {
        Skip.If(clients.Missing is not null, clients.Missing);
        var (results, output) = await clients.RunAsync(script);
        Assert.True(results.TryGetValue(check, out var error), $"'{check}' was not reached: {output}");
        Assert.True(error is null, error);
    }
}
