using System.Text.Json;
using Router.Api.Json;

namespace Router.Api.Tools;

/// <summary>A function in the nested form of chat that models were shown, for APIs that have another.</summary>
internal static class ToolDefinition
{
    /// <param name="schemaName">What the API calls the schema of the arguments.</param>
    public static string Of(in JsonFields tool, string schemaName)
    {
        var function = new Dictionary<string, object> { ["name"] = tool.RequiredText("name", 64) };
        if (tool.Text("description", 16 << 10) is { } description)
            function["description"] = description;
        if (tool.TryGet(schemaName, out var parameters))
            function["parameters"] = JsonCopy.Of(parameters, tool.Path(schemaName));
        return JsonSerializer.Serialize(new { type = "function", function });
    }
}
