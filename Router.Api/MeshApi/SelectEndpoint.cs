using System.Text.Json;
using Mesh.Ensemble.TokenLoop;
using Mesh.Inference.Tokenizer;
using Router.Api.Chat;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Governance.Routing;
using Router.Api.Json;
using Router.Api.OpenApi;
using Router.Api.Text;

namespace Router.Api.MeshApi;

/// <summary><c>POST /mesh/select</c>: which experts would answer a text, and with which weights, by asking them for one token.</summary>
internal static class SelectEndpoint
{
    private static readonly JsonEncodedText Experts = JsonEncodedText.Encode("experts");

    public static void MapSelect(this IEndpointRouteBuilder app) =>
        app.MapPost("/mesh/select", SelectAsync).Describe<SelectRequest, SelectResponse>("Mesh", "Which experts would answer a text, and with which weights.");

    private static async Task SelectAsync(HttpContext context, SettingsReader reader, TokenizerSource tokenizers, ITokenLoop loop, GenerationQueue queue, MeshSessions sessions, RequestedGates gates)
    {
        var tokenizer = tokenizers.Current;
        GenerationRequest request;
        using (var document = await RequestBody.ReadAsync(context.Request, context.RequestAborted))
        {
            var body = new JsonFields(document.RootElement);
            var prompt = Prompt(body, tokenizer);
            var wanted = body.Object("mesh") is { } mesh ? reader.ReadEnsemble(mesh) : null;
            request = new()
            {
                Prompt = prompt.Length > 0 ? prompt : throw ApiErrors.Invalid("text", "Invalid 'text': it has no tokens.", "empty_prompt"),
                EndTokens = tokenizer.EndTokens,
                MaxTokens = 1,
                Sampling = new() { Temperature = 0 },
                Routing = sessions.Peek(null, await gates.BringAsync(wanted, tokenizer.Fingerprint, context.RequestAborted)),
                Trace = true,
            };
        }
        using var turn = await queue.EnterAsync(1, context.RequestAborted);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, turn.Halted);
        await foreach (var token in loop.RunAsync(request, stop.Token))
        {
            await context.SendJsonAsync(json => Write(json, request.Prompt.Length, token.Trace!));
            return;
        }
        throw new InvalidOperationException("The token loop ended without a token.");
    }

    private static int[] Prompt(in JsonFields body, ModelTokenizer tokenizer) => body.Has("messages")
        ? tokenizer.EncodeChat(ChatMessages.Read(body))
        : tokenizer.Encode(body.RequiredText("text"), addSpecial: true);

    private static void Write(Utf8JsonWriter json, int promptTokens, TokenTrace trace)
    {
        json.WriteStartObject();
        json.WriteNumber(Names.PromptTokens, promptTokens);
        json.WriteNumber(Names.Milliseconds, Math.Round(trace.Milliseconds, 3));
        json.WriteStartArray(Experts);
        foreach (var vote in trace.Votes.OrderByDescending(v => v.Weight))
            TraceJson.WriteVote(json, vote);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
