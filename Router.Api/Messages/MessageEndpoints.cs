using Router.Api.Chat;
using Router.Api.Generation;
using Router.Api.Json;
using Router.Api.OpenApi;
using Router.Api.Text;

namespace Router.Api.Messages;

/// <summary>Anthropic's <c>POST /v1/messages</c> and <c>/v1/messages/count_tokens</c>.</summary>
internal static class MessageEndpoints
{
    public static void MapMessages(this IEndpointRouteBuilder app)
    {
        var errors = new MessageErrors();
        app.MapPost("/v1/messages", CreateAsync).WithMetadata(errors)
            .Describe<MessagesRequest, MessageResponse, MessageErrorResponse>("Anthropic", "Answers a conversation, whole or as server-sent events.");
        app.MapPost("/v1/messages/count_tokens", CountAsync).WithMetadata(errors)
            .Describe<CountTokensRequest, MessageTokensResponse, MessageErrorResponse>("Anthropic", "How many tokens a conversation has, its markup and tools included.");
    }

    private static async Task CreateAsync(HttpContext context, SettingsReader reader, TokenizerSource tokenizers, CompletionFactory factory, CompletionRunner runner)
    {
        MessageRequest request;
        using (var document = await RequestBody.ReadAsync(context.Request, context.RequestAborted))
            request = MessageRequest.Read(new(document.RootElement), reader);
        var tokenizer = tokenizers.Current;
        var prompt = ChatPrompt.Encode(tokenizer, request.Turns, request.Settings.Tools, request.End);
        await runner.RunAsync(context, await factory.CreateAsync(context, "msg_", request.Settings, tokenizer, [prompt], "messages", int.MaxValue), new MessagesFormat(context));
    }

    private static async Task CountAsync(HttpContext context, SettingsReader reader, TokenizerSource tokenizers)
    {
        MessageRequest request;
        using (var document = await RequestBody.ReadAsync(context.Request, context.RequestAborted))
            request = MessageRequest.Read(new(document.RootElement), reader, isAnswered: false);
        var prompt = ChatPrompt.Encode(tokenizers.Current, request.Turns, request.Settings.Tools, request.End);
        await context.SendJsonAsync(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("input_tokens"u8, prompt.Length);
            json.WriteEndObject();
        });
    }
}
