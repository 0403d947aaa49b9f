using System.Text.Json;
using Mesh.Ensemble.TokenLoop;
using Router.Api.Generation;
using Router.Api.Json;

namespace Router.Api.Completions;

/// <summary>OpenAI's <c>text_completion</c>, whole and in chunks.</summary>
internal sealed class TextFormat : ChunkFormat
{
    private static readonly JsonEncodedText Kind = JsonEncodedText.Encode("text_completion");

    public override void Open(EventStream events, Completion completion, Choice choice)
    {
    }

    protected override void WriteChunk(Utf8JsonWriter json, Completion completion, Choice choice)
    {
        WriteHead(json, completion);
        WriteChoice(json, completion, choice, choice.Index, choice.Text, FinishReason.None);
        json.WriteEndArray();
        TraceJson.Write(json, completion, choice);
        CompletionJson.WriteChunkTail(json, completion);
    }

    protected override void WriteClosing(Utf8JsonWriter json, Completion completion, Choice choice)
    {
        WriteHead(json, completion);
        json.WriteStartObject();
        json.WriteString(Names.Text, ""u8);
        json.WriteNumber(Names.Index, choice.Index);
        json.WriteNull(Names.LogProbs);
        CompletionJson.WriteFinish(json, choice.Finish);
        json.WriteEndObject();
        json.WriteEndArray();
        CompletionJson.WriteChunkTail(json, completion);
    }

    protected override void WriteUsage(Utf8JsonWriter json, Completion completion)
    {
        WriteHead(json, completion);
        json.WriteEndArray();
        CompletionJson.WriteUsage(json, completion);
        json.WriteEndObject();
    }

    public override void WriteWhole(Utf8JsonWriter json, Completion completion)
    {
        WriteHead(json, completion);
        foreach (var (index, choice) in completion.Best.Index())
            WriteChoice(json, completion, choice, index, choice.Text, choice.Finish, trace: true);
        json.WriteEndArray();
        CompletionJson.WriteUsage(json, completion);
        json.WriteEndObject();
    }

    private static void WriteHead(Utf8JsonWriter json, Completion completion)
    {
        CompletionJson.WriteHead(json, completion, Kind);
        json.WriteStartArray(Names.Choices);
    }

    private static void WriteChoice(Utf8JsonWriter json, Completion completion, Choice choice, int index, ReadOnlySpan<byte> text, FinishReason reason, bool trace = false)
    {
        json.WriteStartObject();
        json.WriteString(Names.Text, text);
        json.WriteNumber(Names.Index, index);
        LogProbabilityJson.WriteText(json, completion, choice);
        CompletionJson.WriteFinish(json, reason);
        if (trace)
            TraceJson.Write(json, completion, choice);
        json.WriteEndObject();
    }
}
