namespace Router.Api.Tests.AnthropicClient;

/// <summary>Anthropic's own npm client, unchanged, against the router over two embedded experts.</summary>
public sealed class AnthropicClientTests(AnthropicClientRun run) : IClassFixture<AnthropicClientRun>
{
    [SkippableTheory]
    [InlineData("create"), InlineData("begun answer"), InlineData("stream"), InlineData("stream helper"), InlineData("abort"), InlineData("tools"), InlineData("tools streamed"),
     InlineData("stop sequences"), InlineData("structured answer"), InlineData("count tokens"), InlineData("errors")]
    public void The_official_client_works_unchanged(string check)
    {
        Skip.If(run.Missing is not null, run.Missing);
        Assert.True(run.Results.TryGetValue(check, out var error), $"'{check}' was not reached: {run.Output}");
        Assert.True(error is null, error);
    }
}

public sealed class AnthropicClientRun() : NpmClientRun("@anthropic-ai/sdk", "1.14.0", "AnthropicClient");
