using System.Text.Json;
using Router.Api.Errors;
using Router.Api.Json;
using Router.Api.Tools;

namespace Router.Api.Messages;

/// <summary>Reads <c>tools</c> and <c>tool_choice</c> in Anthropic's form.</summary>
internal static class MessageTools
{
    private const int MaxTools = 128;

    /// <summary>Null when there are none, or none may be called.</summary>
    public static ToolSet? Read(in JsonFields body)
    {
        var tools = body.Array("tools", MaxTools)?.EnumerateArray().Select(ReadTool).ToArray() ?? [];
        if (body.Object("tool_choice") is not { } choice)
            return tools.Length == 0 ? null : new(tools, ToolMode.Auto, Parallel: true);
        var mode = choice.OneOf<int>("type", ("none", 0), ("auto", 1), ("any", 2), ("tool", 3)) ?? throw ApiErrors.Missing("tool_choice.type");
        var parallel = !choice.Flag("disable_parallel_tool_use");
        if (tools.Length == 0)
            return mode < 2 ? null : throw ApiErrors.Invalid("tool_choice", "'tool_choice' may only be 'any' or 'tool' when 'tools' are specified.");
        return mode switch
        {
            0 => null,
            1 => new(tools, ToolMode.Auto, parallel),
            2 => new(tools, ToolMode.Required, parallel),
            _ => new([Find(choice, tools)], ToolMode.Named, parallel),
        };
    }

    private static Tool ReadTool(JsonElement element, int index)
    {
        var tool = JsonFields.Of(element, $"tools[{index}]");
        if (tool.Text("type", 64) is { } type && type != "custom")
            throw ApiErrors.Unsupported(tool.Path("type"), $"Unsupported value for '{tool.Path("type")}': '{type}'. The mesh has no tools of its own; 'custom' is what it can ask the client to call.");
        _ = tool.Object("input_schema") ?? throw ApiErrors.Missing(tool.Path("input_schema"));
        return ToolSet.ReadFunction(tool, "input_schema", ToolDefinition.Of(tool, "input_schema"));
    }

    private static Tool Find(in JsonFields choice, Tool[] tools)
    {
        var name = choice.RequiredText("name", 64);
        return tools.FirstOrDefault(t => t.Name == name) ?? throw ApiErrors.Invalid("tool_choice.name", $"Tool choice '{name}' not found in 'tools' parameter.");
    }
}
