using System.Text;
using System.Text.Json;
using Router.Api.Constraints;
using Router.Api.Constraints.Rules;
using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Tools;

/// <summary>A function that the model may ask the client to call.</summary>
/// <param name="Definition">Its description for the model: the JSON that the client sent.</param>
internal sealed record Tool(string Name, string Definition, Rule Arguments);

/// <summary>The tools of a request and what the client wants done with them.</summary>
internal sealed record ToolSet(IReadOnlyList<Tool> Tools, ToolMode Mode, bool Parallel)
{
    public const string Opening = "<tool_call>", Closing = "</tool_call>";
    private const int MaxTools = 128;

    /// <summary>The answer is calls and nothing else.</summary>
    public bool IsForced => Mode != ToolMode.Auto;

    /// <summary>Null when there are none, or none may be called.</summary>
    public static ToolSet? Read(in JsonFields body)
    {
        var tools = body.Array("tools", MaxTools)?.EnumerateArray().Select(ReadTool).ToArray() ?? [];
        var (mode, allowed) = ToolChoice.Read(body, tools);
        var parallel = body.Flag("parallel_tool_calls", otherwise: true);
        return allowed.Count == 0 || mode is null ? null : new(allowed, mode.Value, parallel);
    }

    /// <summary>What follows <see cref="Opening"/>: one call, or several where that is allowed, each closed by its mark.</summary>
    public Rule Grammar()
    {
        var parts = new List<Rule>();
        var call = Keep(new UnionRule());
        foreach (var tool in Tools)
            call.Alternatives.Add(Keep(new SequenceRule
            {
                Parts = [Text($"{{\"name\": \"{tool.Name}\", \"arguments\": "), tool.Arguments, Text("}")],
            }));
        var calls = Keep(new SequenceRule());
        Rule end = Text("\n" + Closing);
        if (Parallel)
        {
            var more = Keep(new SequenceRule { Parts = [Text($"\n{Closing}\n{Opening}"), calls] });
            var either = Keep(new UnionRule());
            either.Alternatives.AddRange([end, more]);
            end = either;
        }
        calls.Parts = [Text("\n"), call, end];
        JsonRules.Complete(parts);
        return calls;

        T Keep<T>(T rule) where T : Rule
        {
            parts.Add(rule);
            return rule;
        }
    }

    /// <summary>Calls, or an answer that keeps a form of its own.</summary>
    public Rule GrammarBeside(Rule answer)
    {
        var calls = new SequenceRule { Parts = [Text(Opening), Grammar()] };
        var either = new UnionRule();
        either.Alternatives.AddRange([calls, answer]);
        JsonRules.Complete([calls, either]);
        return either;
    }

    private static LiteralRule Text(string text) => new([Encoding.UTF8.GetBytes(text)]);

    private static Tool ReadTool(JsonElement element, int index)
    {
        var path = $"tools[{index}]";
        var tool = JsonFields.Of(element, path);
        _ = tool.OneOf("type", ("function", true)) ?? throw ApiErrors.Missing(tool.Path("type"));
        return ReadFunction(tool.Object("function") ?? throw ApiErrors.Missing(tool.Path("function")), "parameters", JsonCopy.Of(element, path).GetRawText());
    }

    /// <summary>A function by its fields: name, description, strict and its schema.</summary>
    /// <param name="schemaName">What the API calls the schema of the arguments.</param>
    /// <param name="definition">What the model reads, in OpenAI's form of chat.</param>
    public static Tool ReadFunction(in JsonFields function, string schemaName, string definition)
    {
        var name = function.RequiredText("name", 64);
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            throw ApiErrors.Invalid(function.Path("name"), $"Invalid '{function.Path("name")}': use letters, digits, '_' and '-'.");
        _ = function.Text("description", 16 << 10);
        _ = function.Flag("strict");   // schemas are kept with it or without
        var arguments = function.TryGet(schemaName, out var schema) ? SchemaCompiler.CompileArguments(schema, function.Path(schemaName)) : JsonRules.EmptyObject;
        return new(name, definition, arguments);
    }
}
