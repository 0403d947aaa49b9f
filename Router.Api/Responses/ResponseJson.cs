using System.Text.Json;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Json;

namespace Router.Api.Responses;

/// <summary>The <c>response</c> object.</summary>
internal static class ResponseJson
{
    /// <param name="isOver">False while it is being made: then it has neither output nor usage.</param>
    public static void Write(Utf8JsonWriter json, Completion completion, ResponseRequest request, ResponseOutput output, bool isOver, bool isStored, long? endedAt, ApiException? error)
    {
        var isIncomplete = isOver && error is null && output.IsIncomplete;
        json.WriteStartObject();
        json.WriteString(Names.Id, completion.Id);
        json.WriteString(Names.Object, ResponseNames.Response);
        json.WriteNumber("created_at"u8, completion.Created);
        json.WriteString(ResponseNames.Status, error is not null ? "failed" : !isOver ? "in_progress" : isIncomplete ? "incomplete" : "completed");
        json.WriteBoolean("background"u8, false);
        WriteNumber(json, "completed_at", isIncomplete || error is not null ? null : endedAt);
        WriteError(json, error);
        WriteIncompleteDetails(json, isIncomplete);
        json.WriteString("instructions"u8, request.Instructions);
        WriteNumber(json, "max_output_tokens", request.Settings.MaxTokens);
        json.WriteNull("max_tool_calls"u8);
        json.WriteString(Names.Model, completion.Settings.Model);
        json.WriteStartArray("output"u8);
        if (isOver)
            foreach (var item in output.Items)
                item.Write(json, completion);
        json.WriteEndArray();
        json.WriteBoolean("parallel_tool_calls"u8, request.Parallel);
        json.WriteString("previous_response_id"u8, request.PreviousId);
        WriteRaw(json, "reasoning", """{"effort":null,"summary":null}"""u8);
        json.WriteString("service_tier"u8, "default"u8);
        json.WriteBoolean("store"u8, isStored);
        json.WriteNumber("temperature"u8, completion.Settings.Sampling.Temperature);
        json.WriteStartObject(Names.Text);
        Write(json, "format", request.Format, """{"type":"text"}"""u8);
        json.WriteString("verbosity"u8, "medium"u8);
        json.WriteEndObject();
        Write(json, "tool_choice", request.ToolChoice, "\"auto\""u8);
        Write(json, "tools", request.Tools, "[]"u8);
        json.WriteNumber(Names.TopLogProbs, request.TopLogProbabilities);
        json.WriteNumber("top_p"u8, completion.Settings.Sampling.TopP);
        json.WriteString("truncation"u8, request.Truncate ? "auto"u8 : "disabled"u8);
        WriteUsage(json, isOver ? completion : null);
        json.WriteString("user"u8, request.User);
        Write(json, "metadata", request.Metadata, "{}"u8);
        json.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter json, ApiException? error)
    {
        if (error is null)
        {
            json.WriteNull(Names.Error);
            return;
        }
        json.WriteStartObject(Names.Error);
        json.WriteString(Names.Code, error.Code ?? error.Type);
        json.WriteString(Names.Message, error.Message);
        json.WriteEndObject();
    }

    private static void WriteIncompleteDetails(Utf8JsonWriter json, bool isIncomplete)
    {
        if (isIncomplete)
            WriteRaw(json, "incomplete_details", """{"reason":"max_output_tokens"}"""u8);
        else
            json.WriteNull("incomplete_details"u8);
    }

    private static void WriteUsage(Utf8JsonWriter json, Completion? completion)
    {
        if (completion is null)
        {
            json.WriteNull(Names.Usage);
            return;
        }
        json.WriteStartObject(Names.Usage);
        json.WriteNumber("input_tokens"u8, completion.PromptTokens);
        WriteRaw(json, "input_tokens_details", """{"cached_tokens":0}"""u8);
        json.WriteNumber("output_tokens"u8, completion.CompletionTokens);
        WriteRaw(json, "output_tokens_details", """{"reasoning_tokens":0}"""u8);
        json.WriteNumber(Names.TotalTokens, completion.PromptTokens + completion.CompletionTokens);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, JsonElement? given, ReadOnlySpan<byte> otherwise)
    {
        json.WritePropertyName(name);
        if (given is { } element)
            element.WriteTo(json);
        else
            json.WriteRawValue(otherwise, skipInputValidation: true);
    }

    private static void WriteRaw(Utf8JsonWriter json, string name, ReadOnlySpan<byte> value) => Write(json, name, null, value);

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }
}
