namespace Router.Api.Tests.OpenAiClient;

/// <summary>The official npm client, unchanged, against the router over two embedded experts.</summary>
public sealed class OpenAiClientTests(OpenAiClientRun run) : IClassFixture<OpenAiClientRun>
{
    [SkippableTheory]
    [InlineData("models"), InlineData("chat"), InlineData("stream"), InlineData("stream helper"), InlineData("abort"), InlineData("logprobs"), InlineData("completions"),
     InlineData("tools"), InlineData("tools streamed"), InlineData("structured answer"), InlineData("responses"), InlineData("responses streamed"), InlineData("embeddings"), InlineData("errors")]
    public void The_official_client_works_unchanged(string check)
    {
        Skip.If(run.Missing is not null, run.Missing);
        Assert.True(run.Results.TryGetValue(check, out var error), $"'{check}' was not reached: {run.Output}");
        Assert.True(error is null, error);
    }
}

/// <summary>6.30 is the last line that runs on Node 20.</summary>
public sealed class OpenAiClientRun() : NpmClientRun("openai", "6.30.1", "OpenAiClient");
