using System.Text.Json;
using Mesh.Inference.Tokenizer;
using Router.Api.Constraints;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Json;
using Router.Api.OpenApi;
using Router.Api.Text;

namespace Router.Api.Completions;

/// <summary><c>POST /v1/completions</c>.</summary>
internal static class CompletionEndpoints
{
    private const int DefaultMaxTokens = 16;   // OpenAI's
    private const int MaxPrompts = 64;
    private const int MostLogProbabilities = 5;
    private static readonly TextFormat Format = new();

    public static void MapCompletions(this IEndpointRouteBuilder app) => app.MapPost("/v1/completions", CompleteAsync)
        .Describe<CompletionRequest, CompletionResponse>("OpenAI", "Continues a text, whole or as server-sent events.");

    private static async Task CompleteAsync(HttpContext context, SettingsReader reader, TokenizerSource tokenizers, CompletionFactory factory, CompletionRunner runner)
    {
        CompletionSettings settings;
        ModelTokenizer tokenizer;
        IReadOnlyList<int[]> prompts;
        using (var document = await RequestBody.ReadAsync(context.Request, context.RequestAborted))
        {
            var body = new JsonFields(document.RootElement);
            settings = reader.Read(body) with { LogProbabilities = (int?)body.Integer("logprobs", 0, MostLogProbabilities), Grammar = ResponseFormat.Read(body) };
            RefuseUnsupported(body, settings);
            tokenizer = tokenizers.Current;
            prompts = ReadPrompts(body, tokenizer);
        }
        await runner.RunAsync(context, factory.Create("cmpl-", settings, tokenizer, prompts, "prompt", DefaultMaxTokens), Format);
    }

    private static void RefuseUnsupported(in JsonFields body, CompletionSettings settings)
    {
        if (body.Text("suffix") is { Length: > 0 })
            throw ApiErrors.Unsupported("suffix", "Unsupported value: 'suffix' is not supported by this model.");
        if (body.Integer("best_of", 1, 128) is { } best && best != settings.Choices)
            throw ApiErrors.Unsupported("best_of", "Unsupported value: 'best_of' must equal 'n'.");
    }

    /// <summary>A string, an array of strings, an array of tokens, or an array of arrays of tokens.</summary>
    private static IReadOnlyList<int[]> ReadPrompts(in JsonFields body, ModelTokenizer tokenizer)
    {
        if (!body.TryGet("prompt", out var prompt))
            throw ApiErrors.Missing("prompt");
        if (prompt.ValueKind == JsonValueKind.String)
            return [tokenizer.Encode(JsonFields.TextOf(prompt, "prompt"), addSpecial: true)];
        if (prompt.ValueKind != JsonValueKind.Array)
            throw ApiErrors.WrongType("prompt", "a string, an array of strings, an array of tokens or an array of arrays of tokens", JsonFields.Kind(prompt));
        if (prompt.GetArrayLength() > 0 && prompt[0].ValueKind == JsonValueKind.Number)
            return [TokenIds.Read(prompt, "prompt", tokenizer.VocabularySize)];
        return [.. body.Array("prompt", MaxPrompts, minimum: 1)!.Value.EnumerateArray().Select((one, i) => one.ValueKind == JsonValueKind.Array
            ? TokenIds.Read(one, $"prompt[{i}]", tokenizer.VocabularySize)
            : tokenizer.Encode(JsonFields.TextOf(one, $"prompt[{i}]"), addSpecial: true))];
    }
}
