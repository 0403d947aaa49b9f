using System.Text.Json;
using Router.Api.Errors;
using Router.Api.Json;
using Router.Api.Tools;

namespace Router.Api.Responses;

/// <summary>Reads <c>tools</c> and <c>tool_choice</c> in the flat form of the Responses API.</summary>
internal static class ResponseTools
{
    private const int MaxTools = 128;

    /// <summary>Null when there are none, or none may be called.</summary>
    public static ToolSet? Read(in JsonFields body)
    {
        var tools = body.Array("tools", MaxTools)?.EnumerateArray().Select(ReadTool).ToArray() ?? [];
        var parallel = body.Flag("parallel_tool_calls", otherwise: true);
        if (!body.TryGet("tool_choice", out var choice))
            return tools.Length == 0 ? null : new(tools, ToolMode.Auto, parallel);
        if (choice.ValueKind == JsonValueKind.String)
        {
            var mode = body.OneOf<int>("tool_choice", ("none", 0), ("auto", 1), ("required", 2));
            if (mode == 2 && tools.Length == 0)
                throw ApiErrors.Invalid("tool_choice", "'tool_choice' may be 'required' only when 'tools' are specified.");
            return mode == 0 || tools.Length == 0 ? null : new(tools, mode == 1 ? ToolMode.Auto : ToolMode.Required, parallel);
        }
        var chosen = body.Object("tool_choice")!.Value;
        switch (chosen.RequiredText("type", 64))
        {
            case "function":
                return new([Find(chosen, tools)], ToolMode.Named, parallel);
            case "allowed_tools":
                var forced = chosen.OneOf("mode", ("auto", ToolMode.Auto), ("required", ToolMode.Required)) ?? throw ApiErrors.Missing(chosen.Path("mode"));
                var path = chosen.Path("tools");
                var names = chosen.Array("tools", MaxTools, minimum: 1) ?? throw ApiErrors.Missing(path);
                return new([.. names.EnumerateArray().Select((tool, i) => Find(FunctionOf(tool, $"{path}[{i}]"), tools)).Distinct()], forced, parallel);
            case var other:
                throw NotFunction("tool_choice.type", other);
        }
    }

    private static Tool ReadTool(JsonElement element, int index)
    {
        var tool = FunctionOf(element, $"tools[{index}]");
        return ToolSet.ReadFunction(tool, "parameters", ToolDefinition.Of(tool, "parameters"));
    }

    private static JsonFields FunctionOf(JsonElement element, string path)
    {
        var tool = JsonFields.Of(element, path);
        return tool.RequiredText("type", 64) is var type && type == "function" ? tool : throw NotFunction(tool.Path("type"), type);
    }

    private static Tool Find(in JsonFields chosen, Tool[] tools)
    {
        var name = chosen.RequiredText("name", 64);
        return tools.FirstOrDefault(t => t.Name == name) ?? throw ApiErrors.Invalid(chosen.Path("name"), $"Tool choice '{name}' not found in 'tools' parameter.");
    }

    private static ApiException NotFunction(string path, string type) =>
        ApiErrors.Unsupported(path, $"Unsupported value: '{type}'. The mesh has no tools of its own; 'function' is what it can ask the client to call.");
}
