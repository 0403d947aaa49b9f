using Mesh.Inference.Tokenizer;
using Router.Api.Constraints;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Json;

namespace Router.Api.Messages;

/// <summary>A request of <c>POST /v1/messages</c> or of its count of tokens, read and checked.</summary>
/// <param name="End">Open when the last message is the assistant's: the answer goes on from it.</param>
internal sealed record MessageRequest(CompletionSettings Settings, IReadOnlyList<ChatTurn> Turns, ChatEnd End)
{
    private const int MaxStops = 64, LeastThinking = 1024;   // the budget's least is Anthropic's

    /// <param name="isAnswered">False when its tokens are only counted: then it may leave out how many to generate.</param>
    public static MessageRequest Read(in JsonFields body, SettingsReader reader, bool isAnswered = true)
    {
        foreach (var missing in (ReadOnlySpan<string>)["container", "mcp_servers"])
            if (body.Has(missing))
                throw ApiErrors.Unsupported(missing, $"Unsupported parameter: '{missing}'. The mesh runs no tools of its own; send 'tools' for the client to run.");
        var settings = reader.ReadCommon(body);
        if (settings.Trace)
            throw ApiErrors.Unsupported("mesh.trace", "Unsupported value: 'mesh.trace' is for /v1/chat/completions and /v1/completions.");
        var maxTokens = reader.ReadMaxTokens(body, "max_tokens");
        if (isAnswered && maxTokens is null)
            throw ApiErrors.Missing("max_tokens");
        CheckThinking(body);
        _ = body.Object("metadata")?.Text("user_id", 512);
        var (turns, end) = MessageTurns.Read(body);
        var grammar = ReadGrammar(body);
        if (grammar is not null && end == ChatEnd.Open)
            throw ApiErrors.Unsupported("output_config.format", "Unsupported value: with 'output_config.format' the answer is whole; it cannot go on from a last message of the assistant's.");
        return new(settings with { MaxTokens = maxTokens, Stops = SettingsReader.ReadStops(body, "stop_sequences", MaxStops), Tools = MessageTools.Read(body), Grammar = grammar }, turns, end);
    }

    /// <summary>Small models do not think before they answer: however it is set, the answer is what it would have been.</summary>
    private static void CheckThinking(in JsonFields body)
    {
        if (body.Object("thinking") is not { } thinking)
            return;
        _ = thinking.OneOf("type", ("enabled", true), ("disabled", false), ("adaptive", true), ("between_tools", true)) ?? throw ApiErrors.Missing("thinking.type");
        _ = thinking.Integer("budget_tokens", LeastThinking, int.MaxValue);
    }

    private static Rule? ReadGrammar(in JsonFields body)
    {
        if (body.Object("output_config") is not { } output || output.Object("format") is not { } format)
            return null;
        _ = format.OneOf("type", ("json_schema", true)) ?? throw ApiErrors.Missing(format.Path("type"));
        return format.TryGet("schema", out var schema) ? SchemaCompiler.Compile(schema, format.Path("schema")) : throw ApiErrors.Missing(format.Path("schema"));
    }
}
