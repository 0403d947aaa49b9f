using System.Text;
using System.Text.Json;
using Mesh.Inference.Tokenizer;
using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Tools;

/// <summary>Tools in a conversation's text: the form that most open models were trained on (Hermes, Qwen).</summary>
internal static class ToolPrompt
{
    /// <summary>The conversation with the tools told in its system message.</summary>
    public static IReadOnlyList<ChatTurn> Add(IReadOnlyList<ChatTurn> turns, ToolSet tools)
    {
        var text = new StringBuilder();
        var system = turns[0].Role == "system" ? turns[0].Content : null;
        if (system is { Length: > 0 })
            text.Append(system).Append("\n\n");
        text.Append("You may call functions. Their signatures are between <tools> and </tools>:\n<tools>\n");
        foreach (var tool in tools.Tools)
            text.Append(tool.Definition).Append('\n');
        text.Append("</tools>\nFor each call, write a JSON object with its name and arguments:\n").Append(ToolSet.Opening)
            .Append("\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n").Append(ToolSet.Closing);
        return [new("system", text.ToString()), .. system is null ? turns : turns.Skip(1)];
    }

    /// <summary>What an assistant's earlier turn said, its calls included.</summary>
    public static string Calls(in JsonFields message, string content)
    {
        if (message.Array("tool_calls", 128) is not { } calls)
            return content;
        var text = new StringBuilder(content);
        var index = 0;
        foreach (var element in calls.EnumerateArray())
        {
            var call = JsonFields.Of(element, $"{message.Path("tool_calls")}[{index++}]");
            _ = call.RequiredText("id", 256);
            var function = call.Object("function") ?? throw ApiErrors.Missing(call.Path("function"));
            if (text.Length > 0)
                text.Append('\n');
            text.Append(Call(function.RequiredText("name", 64), function.RequiredText("arguments")));
        }
        return text.ToString();
    }

    /// <summary>One call as the model writes it.</summary>
    public static string Call(string name, string arguments) =>
        $"{ToolSet.Opening}\n{{\"name\": {JsonSerializer.Serialize(name)}, \"arguments\": {arguments}}}\n{ToolSet.Closing}";

    /// <summary>What a tool answered, in the turn that models expect it in.</summary>
    public static ChatTurn Response(string content) => new("user", $"<tool_response>\n{content}\n</tool_response>");
}
