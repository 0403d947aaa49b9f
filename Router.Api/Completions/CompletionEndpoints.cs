using System.Text.Json;
using Mesh.Inference.Tokenizer;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Json;
using Router.Api.Text;

namespace Router.Api.Completions;

/// <summary><c>POST /v1/completions</c>.</summary>
internal static class CompletionEndpoints
{
    private const int DefaultMaxTokens = 16;   // OpenAI's
    private const int MaxPrompts = 64;
    private const int MaxPromptTokens = 131_072;
    private const int MostLogProbabilities = 5;
    private static readonly TextFormat Format = new();

    public static void MapCompletions(this IEndpointRouteBuilder app) => app.MapPost("/v1/completions", CompleteAsync);

    private static async Task CompleteAsync(HttpContext context, SettingsReader reader, TokenizerSource tokenizers, CompletionFactory factory, CompletionRunner runner)
    {
        CompletionSettings settings;
        ModelTokenizer tokenizer;
        IReadOnlyList<int[]> prompts;
        using (var document = await RequestBody.ReadAsync(context.Request, context.RequestAborted))
        {
            var body = new JsonFields(document.RootElement);
            settings = reader.Read(body) with { LogProbabilities = (int?)body.Integer("logprobs", 0, MostLogProbabilities) };
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
            return [ReadTokens(prompt, "prompt", tokenizer)];
        return [.. body.Array("prompt", MaxPrompts, minimum: 1)!.Value.EnumerateArray().Select((one, i) => one.ValueKind == JsonValueKind.Array
            ? ReadTokens(one, $"prompt[{i}]", tokenizer)
            : tokenizer.Encode(JsonFields.TextOf(one, $"prompt[{i}]"), addSpecial: true))];
    }

    private static int[] ReadTokens(JsonElement array, string path, ModelTokenizer tokenizer)
    {
        if (array.GetArrayLength() > MaxPromptTokens)
            throw ApiErrors.Invalid(path, $"Invalid '{path}': array too long. Expected at most {MaxPromptTokens} tokens.", "array_above_max_length");
        return [.. array.EnumerateArray().Select(Token)];

        int Token(JsonElement element, int i) =>
            element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var id) && id >= 0 && id < tokenizer.VocabularySize
                ? id
                : throw ApiErrors.Invalid($"{path}[{i}]", $"Invalid '{path}[{i}]': expected a token id from 0 to {tokenizer.VocabularySize - 1}.", "invalid_token");
    }
}
