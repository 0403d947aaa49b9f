using System.Text.Json;
using Mesh.Inference.Tokenizer;
using Router.Api.Chat;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Json;
using Router.Api.OpenApi;
using Router.Api.Text;

namespace Router.Api.Tokens;

/// <summary><c>POST /v1/tokenize</c> and <c>/v1/detokenize</c>: the mesh's tokenizer for clients that count or cut.</summary>
internal static class TokenEndpoints
{
    private const int MaxTokens = 131_072;
    private static readonly JsonEncodedText Count = JsonEncodedText.Encode("count"), Pieces = JsonEncodedText.Encode("pieces");

    public static void MapTokens(this IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/tokenize", TokenizeAsync).Describe<TokenizeRequest, TokenizeResponse>("Tokens", "The tokens of a text or of a conversation.");
        app.MapPost("/v1/detokenize", DetokenizeAsync).Describe<DetokenizeRequest, DetokenizeResponse>("Tokens", "The text of tokens.");
    }

    /// <summary><c>{"text": ...}</c> or <c>{"messages": [...]}</c>.</summary>
    private static async Task TokenizeAsync(HttpContext context, SettingsReader reader, TokenizerSource tokenizers)
    {
        int[] tokens;
        bool pieces;
        var tokenizer = tokenizers.Current;
        using (var document = await RequestBody.ReadAsync(context.Request, context.RequestAborted))
        {
            var body = new JsonFields(document.RootElement);
            if (body.Text("model", 256) is { } model)
                reader.Resolve(model);
            pieces = body.Flag("with_pieces");
            tokens = body.Has("messages")
                ? EncodeChat(tokenizer, body)
                : tokenizer.Encode(body.RequiredText("text"), addSpecial: body.Flag("add_special"));
        }
        await context.SendJsonAsync(json =>
        {
            json.WriteStartObject();
            json.WriteNumber(Count, tokens.Length);
            json.WriteStartArray(Names.Tokens);
            foreach (var token in tokens)
                json.WriteNumberValue(token);
            json.WriteEndArray();
            if (pieces)
                WritePieces(json, tokenizer, tokens);
            json.WriteEndObject();
        });
    }

    private static int[] EncodeChat(ModelTokenizer tokenizer, in JsonFields body)
    {
        var turns = ChatMessages.Read(body);
        return tokenizer.EncodeChat(turns, ChatMessages.ReadEnd(body, turns));
    }

    private static void WritePieces(Utf8JsonWriter json, ModelTokenizer tokenizer, int[] tokens)
    {
        json.WriteStartArray(Pieces);
        foreach (var token in tokens)
            json.WriteStringValue(LogProbabilityJson.Spell(tokenizer.Piece(token)));
        json.WriteEndArray();
    }

    private static async Task DetokenizeAsync(HttpContext context, TokenizerSource tokenizers)
    {
        var tokenizer = tokenizers.Current;
        int[] tokens;
        using (var document = await RequestBody.ReadAsync(context.Request, context.RequestAborted))
            tokens = TokenIds.Read(
                new JsonFields(document.RootElement).Array("tokens", MaxTokens) ?? throw ApiErrors.Missing("tokens"), "tokens", tokenizer.VocabularySize);
        await context.SendJsonAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString(Names.Text, tokenizer.Decode(tokens));
            json.WriteEndObject();
        });
    }
}
