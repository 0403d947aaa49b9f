using System.ClientModel;
using System.ClientModel.Primitives;
using System.Numerics.Tensors;
using System.Text;
using Microsoft.Extensions.AI;
using OpenAI;

#pragma warning disable OPENAI001 // its client for responses is still marked experimental

namespace Router.Api.Tests.Clients;

/// <summary>
/// Microsoft.Extensions.AI over chat and over responses, as docs/clients.md uses it, unchanged. It streams over chat alone: 10.11 calls a method for streamed responses that
/// OpenAI 2.15 does not have any more.
/// </summary>
public sealed class ExtensionsAITests(ExtensionsAITests.Mesh mesh) : IClassFixture<ExtensionsAITests.Mesh>
{
    private const string Question = "What is 17 + 25?";

    [Theory]
    [InlineData("chat"), InlineData("responses")]
    public async Task It_answers_and_streams(string api)
    {
        var chat = mesh.Client(api);
        var whole = await chat.GetResponseAsync(Question, Greedy());
        Assert.Contains("42", whole.Text);
        if (api == "chat")   // of responses the client tells only why one is incomplete
            Assert.Equal(ChatFinishReason.Stop, whole.FinishReason);
        Assert.True(whole.Usage!.OutputTokenCount > 0);
        if (api != "chat")
            return;
        var text = new StringBuilder();
        var updates = 0;
        await foreach (var update in chat.GetStreamingResponseAsync(Question, Greedy()))
        {
            text.Append(update.Text);
            updates++;
        }
        Assert.Equal(whole.Text, text.ToString());
        Assert.True(updates > 2);
    }

    [Theory]
    [InlineData("chat", false), InlineData("chat", true), InlineData("responses", false)]
    public async Task It_calls_functions_and_goes_on_with_what_they_return(string api, bool streamed)
    {
        var sums = new List<int>();
        var add = AIFunctionFactory.Create((int a, int b) =>
        {
            sums.Add(a + b);
            return a + b;
        }, "add", "Adds two numbers.");
        // It asks for the function once: the client itself drops a required one after the first round.
        var chat = mesh.Client(api).AsBuilder().UseFunctionInvocation().Build();
        var options = Greedy();
        (options.Tools, options.ToolMode) = ([add], ChatToolMode.RequireSpecific("add"));
        var answer = streamed ? await chat.GetStreamingResponseAsync(Question, options).ToChatResponseAsync() : await chat.GetResponseAsync(Question, options);
        var call = Assert.IsType<FunctionCallContent>(answer.Messages.SelectMany(m => m.Contents).First(c => c is FunctionCallContent));
        var result = Assert.IsType<FunctionResultContent>(answer.Messages.SelectMany(m => m.Contents).First(c => c is FunctionResultContent));
        Assert.Equal(call.CallId, result.CallId);
        Assert.Null(call.Exception);
        Assert.Equal($"{sums[0]}", $"{result.Result}");
        Assert.Equal(ChatRole.Assistant, answer.Messages[^1].Role);
    }

    [Theory]
    [InlineData("chat"), InlineData("responses")]
    public async Task It_fills_a_type(string api)
    {
        var answer = await mesh.Client(api).GetResponseAsync<Sum>(Question, Greedy());
        Assert.True(answer.TryGetResult(out var sum), answer.Text);
        Assert.Contains($"{sum.Value}", answer.Text);
    }

    [Theory]
    [InlineData("chat"), InlineData("responses")]
    public async Task It_says_what_was_wrong(string api)
    {
        var options = Greedy();
        options.TopP = 7;
        var error = await Assert.ThrowsAsync<ClientResultException>(() => mesh.Client(api).GetResponseAsync(Question, options));
        Assert.Equal(400, error.Status);
        Assert.Contains("top_p", error.Message);
    }

    [Fact]
    public async Task It_stops_a_stream()
    {
        using var stop = new CancellationTokenSource();
        var updates = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in mesh.Client("chat").GetStreamingResponseAsync("Tell a story.", new() { MaxOutputTokens = 400 }, stop.Token))
                if (++updates == 5)
                    await stop.CancelAsync();
        });
        Assert.InRange(updates, 5, 300);
    }

    [Fact]
    public async Task It_embeds()
    {
        var generator = mesh.OpenAI.GetEmbeddingClient("mesh").AsIEmbeddingGenerator();
        var vectors = await generator.GenerateAsync(["And God said", "And the Lord spoke", "import os, sys"]);
        float Likeness(int a, int b) => TensorPrimitives.CosineSimilarity(vectors[a].Vector.Span, vectors[b].Vector.Span);
        Assert.True(Likeness(0, 1) > Likeness(0, 2));
        Assert.True(vectors.Usage!.InputTokenCount > 0);
    }

    private static ChatOptions Greedy() => new() { Temperature = 0, MaxOutputTokens = 80 };

    private sealed record Sum(int Value, bool Sure);

    /// <summary>One router for all of them.</summary>
    public sealed class Mesh : IAsyncLifetime
    {
        private RouterHost? _router;

        public OpenAIClient OpenAI { get; private set; } = null!;

        public IChatClient Client(string api) => api == "chat" ? OpenAI.GetChatClient("mesh").AsIChatClient() : OpenAI.GetResponsesClient().AsIChatClient("mesh");

        public async Task InitializeAsync()
        {
            _router = await RouterHost.StartRealAsync(["arithmetic", "generalist"]);
            OpenAI = new(new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = new(_router.Address, "v1"), RetryPolicy = new ClientRetryPolicy(maxRetries: 0) });
        }

        public async Task DisposeAsync() => await _router!.DisposeAsync();
    }
}
