using Mesh.Inference.Tokenizer;
using Router.Api.Constraints;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Json;
using Router.Api.OpenApi;
using Router.Api.Text;
using Router.Api.Tools;

namespace Router.Api.Chat;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
internal static class ChatEndpoints
{
    private const int MostTopLogProbabilities = 20;
    private static readonly ChatFormat Format = new();

    public static void MapChat(this IEndpointRouteBuilder app) => app.MapPost("/v1/chat/completions", CompleteAsync)
        .Describe<ChatCompletionRequest, ChatCompletionResponse>("OpenAI", "Answers a conversation, whole or as server-sent events.");

    private static async Task CompleteAsync(HttpContext context, SettingsReader reader, TokenizerSource tokenizers, CompletionFactory factory, CompletionRunner runner)
    {
        CompletionSettings settings;
        IReadOnlyList<ChatTurn> turns;
        ChatEnd end;
        using (var document = await RequestBody.ReadAsync(context.Request, context.RequestAborted))
        {
            var body = new JsonFields(document.RootElement);
            turns = ChatMessages.Read(body);
            end = ChatMessages.ReadEnd(body, turns);
            settings = reader.Read(body) with { LogProbabilities = ReadLogProbabilities(body), Grammar = ResponseFormat.Read(body), Tools = ToolSet.Read(body) };
        }
        if (end == ChatEnd.Open && settings.Grammar is not null)
            throw ApiErrors.Invalid("continue_final_message", "Invalid 'continue_final_message': with a 'response_format' the answer is whole; it cannot go on from a message.");
        var tokenizer = tokenizers.Current;
        var prompt = ChatPrompt.Encode(tokenizer, turns, settings.Tools, end);
        await runner.RunAsync(context, await factory.CreateAsync(context, "chatcmpl-", settings, tokenizer, [prompt], "messages", int.MaxValue), Format);
    }

    private static int? ReadLogProbabilities(in JsonFields body)
    {
        var top = (int?)body.Integer("top_logprobs", 0, MostTopLogProbabilities);
        if (body.Flag("logprobs"))
            return top ?? 0;
        return top is null ? null : throw ApiErrors.Invalid("top_logprobs", "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.");
    }
}
