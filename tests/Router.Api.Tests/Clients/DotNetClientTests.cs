using System.ClientModel;
using System.Text;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;

#pragma warning disable OPENAI001 // its client for responses is still marked experimental

namespace Router.Api.Tests.Clients;

/// <summary>The .NET clients as docs/clients.md uses them, unchanged, over a loaded model.</summary>
public sealed class DotNetClientTests
{
    private const string Question = "What is 17 + 25?";

    [Fact]
    public async Task The_OpenAI_client_chats_and_streams()
    {
        await using var router = await RouterHost.StartRealAsync(["arithmetic"]);
        var client = new ChatClient("mesh", new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = new(router.Address, "v1") });
        var options = new ChatCompletionOptions { Temperature = 0 };
        var whole = (await client.CompleteChatAsync([new UserChatMessage(Question)], options)).Value;
        Assert.Contains("42", whole.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, whole.FinishReason);
        var text = new StringBuilder();
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage(Question)], options))
            foreach (var part in update.ContentUpdate)
                text.Append(part.Text);
        Assert.Equal(whole.Content[0].Text, text.ToString());
    }

    [Fact]
    public async Task The_OpenAI_client_asks_for_responses_and_streams_them()
    {
        await using var router = await RouterHost.StartRealAsync(["arithmetic"]);
        var client = new OpenAIClient(new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = new(router.Address, "v1") }).GetResponsesClient();
        CreateResponseOptions Options(bool stream) => new("mesh", [ResponseItem.CreateUserMessageItem(Question)]) { Temperature = 0, StreamingEnabled = stream };
        var whole = (await client.CreateResponseAsync(Options(stream: false))).Value;
        Assert.Contains("42", whole.GetOutputText());
        var text = new StringBuilder();
        await foreach (var update in await client.CreateResponseStreamingAsync(Options(stream: true)))
            if (update is StreamingResponseOutputTextDeltaUpdate delta)
                text.Append(delta.Delta);
        Assert.Equal(whole.GetOutputText(), text.ToString());
    }

    [Fact]
    public async Task Semantic_Kernel_chats_and_streams()
    {
        await using var router = await RouterHost.StartRealAsync(["arithmetic"]);
        var kernel = Kernel.CreateBuilder().AddOpenAIChatCompletion("mesh", new Uri(router.Address, "v1"), "none").Build();
        var chat = kernel.GetRequiredService<IChatCompletionService>();
        var answer = await chat.GetChatMessageContentAsync(Question);
        Assert.Contains("=", answer.Content);
        var text = new StringBuilder();
        await foreach (var part in chat.GetStreamingChatMessageContentsAsync(Question))
            text.Append(part.Content);
        Assert.Contains("=", text.ToString());
    }
}
