using System.Text.Json;
using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Tools;

internal enum ToolMode
{
    /// <summary>The model may call or answer.</summary>
    Auto,
    /// <summary>It must call.</summary>
    Required,
    /// <summary>It must call the one function that the client named.</summary>
    Named,
}

/// <summary>Reads <c>tool_choice</c>.</summary>
internal static class ToolChoice
{
    private enum Kind { Function, AllowedTools }

    /// <summary>No mode when none may be called.</summary>
    public static (ToolMode? Mode, IReadOnlyList<Tool> Allowed) Read(in JsonFields body, IReadOnlyList<Tool> tools)
    {
        if (!body.TryGet("tool_choice", out var choice))
            return (ToolMode.Auto, tools);
        if (choice.ValueKind != JsonValueKind.Object)
        {
            var mode = body.OneOf<int>("tool_choice", ("none", 0), ("auto", 1), ("required", 2)) switch { 0 => (ToolMode?)null, 1 => ToolMode.Auto, _ => ToolMode.Required };
            return mode == ToolMode.Required && tools.Count == 0 ? throw NoTools() : (mode, tools);
        }
        var named = body.Object("tool_choice")!.Value;
        var kind = named.OneOf("type", ("function", Kind.Function), ("allowed_tools", Kind.AllowedTools)) ?? throw ApiErrors.Missing("tool_choice.type");
        if (tools.Count == 0)
            throw NoTools();
        return kind == Kind.Function ? (ToolMode.Named, [Find(named, tools)]) : ReadAllowed(named.Object("allowed_tools") ?? named, tools);
    }

    private static (ToolMode?, IReadOnlyList<Tool>) ReadAllowed(JsonFields allowed, IReadOnlyList<Tool> tools)
    {
        var mode = allowed.OneOf("mode", ("auto", ToolMode.Auto), ("required", ToolMode.Required)) ?? throw ApiErrors.Missing(allowed.Path("mode"));
        var list = allowed.Array("tools", tools.Count, minimum: 1) ?? throw ApiErrors.Missing(allowed.Path("tools"));
        Tool[] found = [.. list.EnumerateArray().Select((tool, i) => Find(JsonFields.Of(tool, $"{allowed.Path("tools")}[{i}]"), tools))];
        return (mode, [.. tools.Where(found.Contains)]);
    }

    /// <summary>The tool of that name, in <c>function</c> or beside <c>type</c>.</summary>
    private static Tool Find(JsonFields reference, IReadOnlyList<Tool> tools)
    {
        _ = reference.OneOf("type", ("function", true)) ?? throw ApiErrors.Missing(reference.Path("type"));
        var function = reference.Object("function") ?? (reference.Has("name") ? reference : throw ApiErrors.Missing(reference.Path("function")));
        var name = function.RequiredText("name", 64);
        return tools.FirstOrDefault(t => t.Name == name)
            ?? throw ApiErrors.Invalid(function.Path("name"), $"Tool choice '{name}' not found in 'tools' parameter.");
    }

    private static ApiException NoTools() => ApiErrors.Invalid("tool_choice", "'tool_choice' is only allowed when 'tools' are specified.");
}
