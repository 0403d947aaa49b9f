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
            var echo = body.Flag("echo");
            settings = reader.Read(body, leastTokens: echo ? 0 : 1) with
            {
                Echo = echo,
                LogProbabilities = (int?)body.Integer("logprobs", 0, MostLogProbabilities),
                Grammar = ResponseFormat.Read(body),
            };
            RefuseUnsupported(body, settings);
            tokenizer = tokenizers.Current;
            prompts = TextInputs.Read(body, "prompt", tokenizer, MaxPrompts);
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
}
