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

    /// <summary><c>add_generation_prompt</c> and <c>continue_final_message</c>, as vLLM has them: an answer of its own, or more of an assistant's last message.</summary>
    public static ChatEnd ReadEnd(in JsonFields body, IReadOnlyList<ChatTurn> turns)
    {
        bool? starts = body.Has("add_generation_prompt") ? body.Flag("add_generation_prompt") : null;
        bool? goesOn = body.Has("continue_final_message") ? body.Flag("continue_final_message") : null;
        var canGoOn = turns[^1].Role == "assistant";
        if (goesOn == true && starts == true)
            throw ApiErrors.Invalid("continue_final_message", "Invalid 'continue_final_message': it cannot be true together with 'add_generation_prompt'.");
        if (goesOn == true && !canGoOn)
            throw ApiErrors.Invalid("continue_final_message", "Invalid 'continue_final_message': the last message is not the assistant's.");
        if (goesOn == true || (starts == false && goesOn is null && canGoOn))
            return ChatEnd.Open;
        return starts == false ? ChatEnd.Closed : ChatEnd.NewAnswer;
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
