using System.Text.Json;
using Router.Api.Generation;
using Router.Api.Json;

namespace Router.Api.Tools;

/// <summary><c>tool_calls</c> of an answer, whole and in pieces.</summary>
internal static class ToolCallJson
{
    public static void WriteWhole(Utf8JsonWriter json, Choice choice)
    {
        if (choice.Calls.Count == 0)
            return;
        json.WriteStartArray(Names.ToolCalls);
        foreach (var call in choice.Calls)
        {
            json.WriteStartObject();
            WriteHead(json, call);
            json.WriteStartObject(Names.Function);
            json.WriteString(Names.FunctionName, call.Name);
            json.WriteString(Names.Arguments, call.Arguments);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>What is new: the name with the first piece, then arguments alone.</summary>
    public static void WriteDelta(Utf8JsonWriter json, Choice choice)
    {
        if (!choice.Calls.Any(c => c.HasNews))
            return;
        json.WriteStartArray(Names.ToolCalls);
        foreach (var call in choice.Calls)
        {
            if (!call.HasNews)
                continue;
            json.WriteStartObject();
            json.WriteNumber(Names.Index, call.Index);
            if (call.IsNew)
                WriteHead(json, call);
            json.WriteStartObject(Names.Function);
            if (call.IsNew)
                json.WriteString(Names.FunctionName, call.Name);
            json.WriteString(Names.Arguments, call.Arguments);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteHead(Utf8JsonWriter json, ToolCall call)
    {
        json.WriteString(Names.Id, call.Id);
        json.WriteString(Names.Type, Names.Function);
    }
}
