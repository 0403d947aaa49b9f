using System.Buffers;
using System.Text.Json;
using Router.Api.Generation;
using Router.Api.Json;

namespace Router.Api.Responses;

internal enum ItemStatus
{
    InProgress,
    Completed,
    /// <summary>The most tokens were reached.</summary>
    Incomplete,
}

/// <summary>An item of an answer in the making: a message, or a call of a function.</summary>
/// <param name="Index">Its place in the answer.</param>
/// <param name="Name">Of the function; null for a message.</param>
internal sealed record OutputItem(int Index, string Id, string? CallId = null, string? Name = null)
{
    /// <summary>UTF-8: what the message says, or the call's arguments.</summary>
    public ArrayBufferWriter<byte> Text { get; } = new();

    /// <summary>Of a message, when log-probabilities were asked for.</summary>
    public List<ListedToken> Tokens { get; } = [];

    public ItemStatus Status { get; set; }

    public void Write(Utf8JsonWriter json, Completion completion)
    {
        json.WriteStartObject();
        json.WriteString(Names.Id, Id);
        if (Name is not null)
        {
            json.WriteString(Names.Type, "function_call"u8);
            json.WriteString(ResponseNames.Status, StatusName);
            json.WriteString(Names.Arguments, Text.WrittenSpan);
            json.WriteString(ResponseNames.CallId, CallId);
            json.WriteString(Names.FunctionName, Name);
        }
        else
        {
            json.WriteString(Names.Type, Names.Message);
            json.WriteString(ResponseNames.Status, StatusName);
            json.WriteStartArray(Names.Content);
            if (Status != ItemStatus.InProgress)
                WritePart(json, completion);
            json.WriteEndArray();
            json.WriteString(Names.Role, Names.Assistant);
        }
        json.WriteEndObject();
    }

    private JsonEncodedText StatusName => Status switch
    {
        ItemStatus.InProgress => ResponseNames.InProgress,
        ItemStatus.Completed => ResponseNames.Completed,
        _ => ResponseNames.Incomplete,
    };

    /// <summary>The one part of a message's content.</summary>
    public void WritePart(Utf8JsonWriter json, Completion completion)
    {
        json.WriteStartObject();
        json.WriteString(Names.Type, ResponseNames.OutputText);
        json.WriteStartArray(ResponseNames.Annotations);
        json.WriteEndArray();
        WriteLogProbabilities(json, completion, Tokens);
        json.WriteString(Names.Text, Text.WrittenSpan);
        json.WriteEndObject();
    }

    public static void WriteLogProbabilities(Utf8JsonWriter json, Completion completion, IEnumerable<ListedToken> tokens)
    {
        json.WriteStartArray(Names.LogProbs);
        LogProbabilityJson.WriteTokens(json, completion, tokens);
        json.WriteEndArray();
    }
}
