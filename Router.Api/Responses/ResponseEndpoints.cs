using Router.Api.Chat;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Json;
using Router.Api.OpenApi;
using Router.Api.Security;
using Router.Api.Text;

namespace Router.Api.Responses;

/// <summary><c>POST /v1/responses</c>.</summary>
internal static class ResponseEndpoints
{
    public static void MapResponses(this IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/responses", CreateAsync).Describe<ResponsesRequest, ResponseObject>("OpenAI", "Answers items of a conversation, whole or as server-sent events, and keeps the answer.");
        app.MapStoredResponses();
    }

    private static async Task CreateAsync(
        HttpContext context, SettingsReader reader, TokenizerSource tokenizers, CompletionFactory factory, CompletionRunner runner, ResponseHistory history, IResponseStore store, TimeProvider time, ILogger<ResponsesFormat> log)
    {
        ResponseRequest request;
        using (var document = await RequestBody.ReadAsync(context.Request, context.RequestAborted))
            request = ResponseRequest.Read(new(document.RootElement), reader);
        var owner = Authentication.KeyName(context);
        var past = await history.LoadAsync(request.PreviousId, owner, context.RequestAborted);
        var input = await history.ResolveAsync(request.Input, owner, context.RequestAborted);
        var turns = Conversation.Turns(request.Instructions, past.Items.Concat(input));
        if (turns.Count == 0)
            throw ApiErrors.Invalid("input", "Invalid 'input': it says nothing.", "empty_input");
        var (tokenizer, tools) = (tokenizers.Current, request.Settings.Tools);
        var prompt = request.Truncate
            ? Conversation.EncodeWithin(factory.RoomFor(request.Settings), tokenizer, turns, tools)
            : ChatPrompt.Encode(tokenizer, turns, tools);
        var completion = await factory.CreateAsync(context, ItemIds.Prefix, request.Settings, tokenizer, [prompt], "input", int.MaxValue);
        await runner.RunAsync(context, completion, new ResponsesFormat(request, input, past.Responses, owner, store, time, log));
    }
}
