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
    private const int MaxBestOf = 20;   // OpenAI's
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
            var echo = body.Flag("echo");
            settings = reader.Read(body, leastTokens: echo ? 0 : 1) with
            {
                Echo = echo,
                LogProbabilities = (int?)body.Integer("logprobs", 0, MostLogProbabilities),
                Grammar = ResponseFormat.Read(body),
            };
            settings = settings with { Candidates = ReadBestOf(body, settings) };
            if (body.Text("suffix") is { Length: > 0 })
                throw ApiErrors.Unsupported("suffix", "Unsupported value: 'suffix' is not supported by this model.");
            tokenizer = tokenizers.Current;
            prompts = TextInputs.Read(body, "prompt", tokenizer, MaxPrompts);
        }
        await runner.RunAsync(context, await factory.CreateAsync(context, "cmpl-", settings, tokenizer, prompts, "prompt", DefaultMaxTokens), Format);
    }

    private static int ReadBestOf(in JsonFields body, CompletionSettings settings)
    {
        var best = (int)(body.Integer("best_of", 1, MaxBestOf) ?? settings.Choices);
        if (best < settings.Choices)
            throw ApiErrors.Invalid("best_of", $"Invalid 'best_of': it must be 'n' ({settings.Choices}) or more.", "integer_below_min_value");
        return best > settings.Choices && settings.Stream
            ? throw ApiErrors.Invalid("best_of", "Invalid 'best_of': the best of several cannot be streamed. Leave out 'stream' or let 'best_of' equal 'n'.")
            : best;
    }
}
