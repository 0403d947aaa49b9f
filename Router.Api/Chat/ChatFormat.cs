using System.Text.Json;
using Mesh.Ensemble.TokenLoop;
using Router.Api.Generation;
using Router.Api.Json;
using Router.Api.Tools;

namespace Router.Api.Chat;

/// <summary>OpenAI's <c>chat.completion</c> and <c>chat.completion.chunk</c>.</summary>
internal sealed class ChatFormat : ChunkFormat
{
    private static readonly JsonEncodedText Whole = JsonEncodedText.Encode("chat.completion"), Chunk = JsonEncodedText.Encode("chat.completion.chunk");

    public override void Open(EventStream events, Completion completion, Choice choice)
    {
        var json = events.Begin();
        WriteChunkHead(json, completion, choice);
        json.WriteString(Names.Role, Names.Assistant);
        if (completion.Settings.Tools?.IsForced == true)
            json.WriteNull(Names.Content);   // no text will come
        else
            json.WriteString(Names.Content, ""u8);
        json.WriteNull(Names.Refusal);
        json.WriteEndObject();
        json.WriteNull(Names.LogProbs);
        WriteChunkTail(json, completion, FinishReason.None);
        events.End();
    }

    protected override void WriteChunk(Utf8JsonWriter json, Completion completion, Choice choice)
    {
        WriteChunkHead(json, completion, choice);
        if (choice.Text.Length > 0 || choice.Calls.Count == 0)
            json.WriteString(Names.Content, choice.Text);
        ToolCallJson.WriteDelta(json, choice);
        json.WriteEndObject();
        LogProbabilityJson.WriteChat(json, completion, choice);
        json.WriteNull(Names.FinishReason);
        json.WriteEndObject();
        json.WriteEndArray();
        TraceJson.Write(json, completion, choice);
        CompletionJson.WriteChunkTail(json, completion);
    }

    protected override void WriteClosing(Utf8JsonWriter json, Completion completion, Choice choice)
    {
        WriteChunkHead(json, completion, choice);
        json.WriteEndObject();
        json.WriteNull(Names.LogProbs);
        WriteChunkTail(json, completion, choice.Finish, choice.EndedInCalls);
    }

    protected override void WriteUsage(Utf8JsonWriter json, Completion completion)
    {
        CompletionJson.WriteHead(json, completion, Chunk);
        json.WriteStartArray(Names.Choices);
        json.WriteEndArray();
        CompletionJson.WriteUsage(json, completion);
        json.WriteEndObject();
    }

    public override void WriteWhole(Utf8JsonWriter json, Completion completion)
    {
        CompletionJson.WriteHead(json, completion, Whole);
        json.WriteStartArray(Names.Choices);
        foreach (var choice in completion.Choices)
        {
            json.WriteStartObject();
            json.WriteNumber(Names.Index, choice.Index);
            json.WriteStartObject(Names.Message);
            json.WriteString(Names.Role, Names.Assistant);
            if (choice.Text.Length > 0 || choice.Calls.Count == 0)
                json.WriteString(Names.Content, choice.Text);
            else
                json.WriteNull(Names.Content);
            json.WriteNull(Names.Refusal);
            ToolCallJson.WriteWhole(json, choice);
            json.WriteEndObject();
            LogProbabilityJson.WriteChat(json, completion, choice);
            WriteFinish(json, choice.Finish, choice.EndedInCalls);
            TraceJson.Write(json, completion, choice);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        CompletionJson.WriteUsage(json, completion);
        json.WriteEndObject();
    }

    private static void WriteFinish(Utf8JsonWriter json, FinishReason reason, bool inCalls)
    {
        if (inCalls)
            json.WriteString(Names.FinishReason, Names.ToolCalls);
        else
            CompletionJson.WriteFinish(json, reason);
    }

    /// <summary>Up to and into <c>delta</c>.</summary>
    private static void WriteChunkHead(Utf8JsonWriter json, Completion completion, Choice choice)
    {
        CompletionJson.WriteHead(json, completion, Chunk);
        json.WriteStartArray(Names.Choices);
        json.WriteStartObject();
        json.WriteNumber(Names.Index, choice.Index);
        json.WriteStartObject(Names.Delta);
    }

    private static void WriteChunkTail(Utf8JsonWriter json, Completion completion, FinishReason reason, bool inCalls = false)
    {
        WriteFinish(json, reason, inCalls);
        json.WriteEndObject();
        json.WriteEndArray();
        CompletionJson.WriteChunkTail(json, completion);
    }
}
