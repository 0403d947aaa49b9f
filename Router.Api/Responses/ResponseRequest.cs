using System.Text.Json;
using Router.Api.Constraints;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Json;

namespace Router.Api.Responses;

/// <summary>A request of <c>POST /v1/responses</c>, read and checked. Elements are as the client sent them, for the answer repeats them.</summary>
internal sealed record ResponseRequest
{
    private const int MaxItems = 2048, MostTopLogProbabilities = 20, MaxMetadata = 16;
    private static readonly string[] Includable =
    [
        "message.output_text.logprobs", "reasoning.encrypted_content", "file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
        "message.input_image.image_url", "computer_call_output.output.image_url", "code_interpreter_call.outputs",
    ];

    public required CompletionSettings Settings { get; init; }
    public required IReadOnlyList<ConversationItem> Input { get; init; }
    public string? Instructions { get; init; }
    public string? PreviousId { get; init; }
    public bool Store { get; init; }
    public bool Truncate { get; init; }
    public bool Parallel { get; init; }
    public string? User { get; init; }
    public int TopLogProbabilities { get; init; }
    public JsonElement? Metadata { get; init; }
    public JsonElement? Format { get; init; }
    public JsonElement? Tools { get; init; }
    public JsonElement? ToolChoice { get; init; }

    public static ResponseRequest Read(in JsonFields body, SettingsReader reader)
    {
        foreach (var missing in (ReadOnlySpan<string>)["conversation", "prompt"])
            if (body.Has(missing))
                throw ApiErrors.Unsupported(missing, $"Unsupported parameter: '{missing}'. Send 'input', and 'previous_response_id' to go on from an earlier response.");
        if (body.Flag("background"))
            throw ApiErrors.Unsupported("background", "Unsupported value: 'background' responses are not made here. Leave it out, or send false.");
        var previous = body.Text("previous_response_id", 128);
        var settings = reader.ReadCommon(body);
        if (settings.Trace)
            throw ApiErrors.Unsupported("mesh.trace", "Unsupported value: 'mesh.trace' is for /v1/chat/completions and /v1/completions.");
        var top = (int?)body.Integer("top_logprobs", 0, MostTopLogProbabilities);
        var text = body.Object("text");
        return new()
        {
            Settings = settings with
            {
                MaxTokens = reader.ReadMaxTokens(body, "max_output_tokens"),
                LogProbabilities = IncludesLogProbabilities(body) || top > 0 ? top ?? 0 : null,
                Grammar = text is { } asked ? ReadGrammar(asked) : null,
                Tools = ResponseTools.Read(body),
            },
            Input = ReadInput(body, mayBeMissing: previous is not null),
            Instructions = body.Text("instructions"),
            PreviousId = previous,
            Store = body.Flag("store", otherwise: true),
            Truncate = body.OneOf("truncation", ("auto", true), ("disabled", false)) ?? false,
            Parallel = body.Flag("parallel_tool_calls", otherwise: true),
            User = body.Text("user", 512),
            TopLogProbabilities = top ?? 0,
            Metadata = ReadMetadata(body),
            Format = text is { } given && given.TryGet("format", out _) ? Kept(given, "format") : null,
            Tools = Kept(body, "tools"),
            ToolChoice = Kept(body, "tool_choice"),
        };
    }

    private static IReadOnlyList<ConversationItem> ReadInput(in JsonFields body, bool mayBeMissing)
    {
        if (!body.TryGet("input", out var input))
            return mayBeMissing ? [] : throw ApiErrors.Missing("input");
        return input.ValueKind switch
        {
            JsonValueKind.String => [ConversationItem.OfText(input, "input")],
            JsonValueKind.Array => [.. body.Array("input", MaxItems, minimum: mayBeMissing ? 0 : 1)!.Value.EnumerateArray()
                .Select((item, i) => ConversationItem.Read(item, $"input[{i}]"))],
            _ => throw ApiErrors.WrongType("input", "a string or an array of items", JsonFields.Kind(input)),
        };
    }

    private static bool IncludesLogProbabilities(in JsonFields body)
    {
        if (body.Array("include", 32) is not { } include)
            return false;
        var names = include.EnumerateArray().Select((name, i) => JsonFields.TextOf(name, $"include[{i}]")).ToArray();
        var unknown = Array.FindIndex(names, name => !Includable.Contains(name));
        return unknown < 0
            ? names.Contains(Includable[0])
            : throw ApiErrors.Invalid($"include[{unknown}]", $"Invalid value. Supported values are: {string.Join(", ", Includable.Select(i => $"'{i}'"))}.");
    }

    private static Rule? ReadGrammar(in JsonFields text)
    {
        if (text.Object("format") is not { } format)
            return null;
        switch (format.RequiredText("type", 64))
        {
            case "text":
                return null;
            case "json_object":
                return JsonRules.AnyObject;
            case "json_schema":
                _ = (format.RequiredText("name", 64), format.Flag("strict"));   // schemas are kept with it or without
                return format.TryGet("schema", out var schema) ? SchemaCompiler.Compile(schema, format.Path("schema")) : throw ApiErrors.Missing(format.Path("schema"));
            default:
                throw ApiErrors.Invalid(format.Path("type"), $"Invalid value for '{format.Path("type")}'. Supported values are: 'text', 'json_object', and 'json_schema'.");
        }
    }

    private static JsonElement? ReadMetadata(in JsonFields body)
    {
        if (body.Object("metadata") is not { } metadata)
            return null;
        foreach (var name in metadata.PropertyNames(MaxMetadata))
        {
            if (name.Length > 64)
                throw ApiErrors.Invalid("metadata", "Invalid 'metadata': a key has more than 64 characters.");
            _ = metadata.Text(name, 512);
        }
        return Kept(body, "metadata");
    }

    private static JsonElement? Kept(in JsonFields body, string name) => body.TryGet(name, out var value) ? JsonCopy.Of(value, body.Path(name)) : null;
}
