using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Mesh.Inference.Tokenizer;
using Router.Api.Errors;
using Router.Api.Json;
using Router.Api.Text;
using Router.Api.Tools;

namespace Router.Api.Messages;

/// <summary>Reads the conversation of a request: <c>system</c> and <c>messages</c>, as the turns that models know.</summary>
internal static class MessageTurns
{
    private const int MaxMessages = 2048, MaxBlocks = 1024, MaxId = 256;
    private const string User = "user", Assistant = "assistant", System = "system";
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static (IReadOnlyList<ChatTurn> Turns, ChatEnd End) Read(in JsonFields body)
    {
        var turns = new List<ChatTurn>();
        if (body.Has(System))
            turns.Add(new(System, TextParts.Read(body, System, required: true, "text")));
        var messages = body.Array("messages", MaxMessages, minimum: 1) ?? throw ApiErrors.Missing("messages");
        var endsInCall = false;
        foreach (var (index, element) in messages.EnumerateArray().Index())
        {
            var message = JsonFields.Of(element, $"messages[{index}]");
            var role = ReadRole(message);
            (var said, endsInCall) = ReadContent(message, role);
            // One speaker's messages in a row are one turn.
            if (turns.Count > 0 && turns[^1].Role == role)
                turns[^1] = new(role, $"{turns[^1].Content}\n{said}");
            else
                turns.Add(new(role, said));
        }
        if (endsInCall)
            throw ApiErrors.Invalid("messages", "Invalid 'messages': the last one ends in a 'tool_use' block. Send its 'tool_result' after it.");
        return (turns, turns[^1].Role == Assistant ? ChatEnd.Open : ChatEnd.NewAnswer);
    }

    private static string ReadRole(in JsonFields message) => message.RequiredText("role") switch
    {
        var role and (User or Assistant or System) => role,
        _ => throw ApiErrors.Invalid(message.Path("role"), $"Invalid value for '{message.Path("role")}'. Supported values are: 'user', 'assistant', and 'system'."),
    };

    private static (string Text, bool EndsInCall) ReadContent(in JsonFields message, string role)
    {
        var path = message.Path("content");
        if (!message.TryGet("content", out var content))
            throw ApiErrors.Missing(path);
        if (content.ValueKind == JsonValueKind.String)
            return (JsonFields.TextOf(content, path), false);
        if (content.ValueKind != JsonValueKind.Array)
            throw ApiErrors.WrongType(path, "a string or an array of content blocks", JsonFields.Kind(content));
        var text = new StringBuilder();
        var last = "text";
        foreach (var (index, element) in message.Array("content", MaxBlocks)!.Value.EnumerateArray().Index())
        {
            var block = JsonFields.Of(element, $"{path}[{index}]");
            var type = block.RequiredText("type", 64);
            if (ReadBlock(block, type, role) is not { } said)
                continue;
            if (text.Length > 0 && (type != "text" || last != "text"))
                text.Append('\n');
            text.Append(said);
            last = type;
        }
        return (text.ToString(), last == "tool_use");
    }

    /// <summary>Null for what is read past.</summary>
    private static string? ReadBlock(in JsonFields block, string type, string role)
    {
        switch (type, role)
        {
            case ("text", _):
                return block.RequiredText("text");
            case ("thinking" or "redacted_thinking", Assistant):
                return null;
            case ("tool_use", Assistant):
                _ = block.RequiredText("id", MaxId);
                _ = block.Object("input") ?? throw ApiErrors.Missing(block.Path("input"));
                block.TryGet("input", out var input);
                return ToolPrompt.Call(block.RequiredText("name", 64), JsonSerializer.Serialize(JsonCopy.Of(input, block.Path("input")), Plain));
            case ("tool_result", User):
                _ = block.RequiredText("tool_use_id", MaxId);
                var result = TextParts.Read(block, "content", required: false, "text");
                return ToolPrompt.Response(block.Flag("is_error") ? "Error: " + result : result).Content;
            default:
                throw ApiErrors.Unsupported(block.Path("type"),
                    $"Unsupported value for '{block.Path("type")}' of the {role}'s: '{type}'. Supported values are: 'text', the assistant's 'tool_use' and 'thinking', and the user's 'tool_result'.");
        }
    }
}
