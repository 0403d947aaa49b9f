using System.Text.Json;
using Mesh.Ensemble.TokenLoop;
using Router.Api.Generation;
using Router.Api.Json;
using Router.Api.Tools;

namespace Router.Api.Messages;

/// <summary>The <c>message</c> object and its parts.</summary>
internal static class MessageJson
{
    /// <param name="isOver">False while it is being made: then it says nothing and has no reason to stop.</param>
    public static void Write(Utf8JsonWriter json, Completion completion, bool isOver)
    {
        var choice = completion.Choices[0];
        json.WriteStartObject();
        json.WriteString(Names.Id, completion.Id);
        json.WriteString(Names.Type, Names.Message);
        json.WriteString(Names.Role, Names.Assistant);
        json.WriteString(Names.Model, completion.Settings.Model);
        json.WriteStartArray(Names.Content);
        if (isOver)
            WriteContent(json, choice);
        json.WriteEndArray();
        WriteStop(json, isOver ? choice : null);
        WriteUsage(json, completion);
        json.WriteEndObject();
    }

    /// <param name="ended">Null while it is being made.</param>
    public static void WriteStop(Utf8JsonWriter json, Choice? ended)
    {
        json.WriteString("stop_reason"u8, ended is null ? null : StopReason(ended));
        if (ended is null || ended.StoppedBy.IsEmpty)
            json.WriteNull("stop_sequence"u8);
        else
            json.WriteString("stop_sequence"u8, ended.StoppedBy);
    }

    public static void WriteUsage(Utf8JsonWriter json, Completion completion)
    {
        json.WriteStartObject(Names.Usage);
        json.WriteNumber("input_tokens"u8, completion.PromptTokens);
        json.WriteNumber("cache_creation_input_tokens"u8, 0);
        json.WriteNumber("cache_read_input_tokens"u8, 0);
        json.WriteNumber("output_tokens"u8, completion.CompletionTokens);
        json.WriteEndObject();
    }

    public static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        json.WriteStartObject();
        json.WriteString(Names.Type, Names.Text);
        json.WriteString(Names.Text, text);
        json.WriteEndObject();
    }

    /// <param name="input">A JSON object.</param>
    public static void WriteCall(Utf8JsonWriter json, ToolCall call, ReadOnlySpan<byte> input)
    {
        json.WriteStartObject();
        json.WriteString(Names.Type, "tool_use"u8);
        json.WriteString(Names.Id, $"toolu_{call.Id.AsSpan(call.Id.IndexOf('_') + 1)}");
        json.WriteString(Names.FunctionName, call.Name);
        json.WritePropertyName("input"u8);
        json.WriteRawValue(input, skipInputValidation: true);
        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, Choice choice)
    {
        if (choice.Text.Length > 0)
            WriteText(json, choice.Text);
        foreach (var call in choice.Calls)
            WriteCall(json, call, IsWhole(call.Arguments) ? call.Arguments : "{}"u8);
    }

    /// <summary>False when the most tokens were reached inside it.</summary>
    private static bool IsWhole(ReadOnlySpan<byte> value)
    {
        var reader = new Utf8JsonReader(value, isFinalBlock: false, default);
        return reader.Read() && reader.TrySkip();
    }

    private static string StopReason(Choice choice) => choice.Finish switch
    {
        FinishReason.Length => "max_tokens",
        _ when choice.Calls.Count > 0 => "tool_use",
        _ => choice.StoppedBy.IsEmpty ? "end_turn" : "stop_sequence",
    };
}
