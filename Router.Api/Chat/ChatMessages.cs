using System.Text.Json;
using Mesh.Inference.Tokenizer;
using Router.Api.Errors;
using Router.Api.Json;
using Router.Api.Text;
using Router.Api.Tools;

namespace Router.Api.Chat;

/// <summary>Reads the conversation of a chat request.</summary>
internal static class ChatMessages
{
    private const int MaxMessages = 2048;

    public static IReadOnlyList<ChatTurn> Read(in JsonFields body)
    {
        var messages = body.Array("messages", MaxMessages, minimum: 1) ?? throw ApiErrors.Missing("messages");
        return [.. messages.EnumerateArray().Select((message, i) => ReadTurn(message, $"messages[{i}]"))];
    }

    private static ChatTurn ReadTurn(JsonElement element, string path)
    {
        var message = JsonFields.Of(element, path);
        var role = message.RequiredText("role");
        switch (role)
        {
            case "system" or "developer":
                return new("system", ReadContent(message, required: true));
            case "user":
                return new("user", ReadContent(message, required: true));
            case "assistant":
                return new("assistant", ToolPrompt.Calls(message, ReadContent(message, required: !message.Has("tool_calls") && !message.Has("refusal"))));
            case "tool":
                _ = message.RequiredText("tool_call_id", 256);
                return ToolPrompt.Response(ReadContent(message, required: true));
            default:
                throw ApiErrors.Invalid($"{path}.role",
                    $"Invalid value: '{(role.Length <= 64 ? role : role[..64])}'. Supported values are: 'system', 'developer', 'user', 'assistant', and 'tool'.");
        }
    }

    private static string ReadContent(in JsonFields message, bool required) => TextParts.Read(message, "content", required, "text", "refusal");
}
