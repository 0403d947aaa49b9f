using System.Text.Json;
using Mesh.Ensemble.TokenLoop;
using Router.Api.Json;

namespace Router.Api.Generation;

/// <summary>The parts of the JSON that both kinds of completion share.</summary>
internal static class CompletionJson
{
    private static readonly JsonEncodedText Stop = JsonEncodedText.Encode("stop"), Length = JsonEncodedText.Encode("length");

    public static void WriteHead(Utf8JsonWriter json, Completion completion, JsonEncodedText kind)
    {
        json.WriteStartObject();
        json.WriteString(Names.Id, completion.Id);
        json.WriteString(Names.Object, kind);
        json.WriteNumber(Names.Created, completion.Created);
        json.WriteString(Names.Model, completion.Settings.Model);
        json.WriteString(Names.SystemFingerprint, completion.SystemFingerprint);
    }

    /// <summary>Ends what <see cref="WriteHead"/> began, for a chunk: its usage is null where it is asked for at the end.</summary>
    public static void WriteChunkTail(Utf8JsonWriter json, Completion completion)
    {
        if (completion.Settings.IncludeUsage)
            json.WriteNull(Names.Usage);
        json.WriteEndObject();
    }

    public static void WriteFinish(Utf8JsonWriter json, FinishReason reason)
    {
        if (reason == FinishReason.None)
            json.WriteNull(Names.FinishReason);
        else
            json.WriteString(Names.FinishReason, reason == FinishReason.Stop ? Stop : Length);
    }

    public static void WriteUsage(Utf8JsonWriter json, Completion completion)
    {
        var (prompt, answer) = (completion.PromptTokens, completion.CompletionTokens);
        json.WriteStartObject(Names.Usage);
        json.WriteNumber(Names.PromptTokens, prompt);
        json.WriteNumber(Names.CompletionTokens, answer);
        json.WriteNumber(Names.TotalTokens, prompt + answer);
        json.WriteEndObject();
    }
}
