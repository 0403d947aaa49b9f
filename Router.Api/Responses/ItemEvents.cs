using System.Text;
using System.Text.Json;
using Router.Api.Generation;
using Router.Api.Json;

namespace Router.Api.Responses;

/// <summary>The events of the Responses API: each with its type as its name, and numbered.</summary>
internal sealed class ItemEvents(EventStream events, Completion completion)
{
    private int _number;

    /// <summary>An event about the whole response.</summary>
    public void Write(string type, Action<Utf8JsonWriter> response)
    {
        var json = Begin(type);
        json.WritePropertyName(ResponseNames.Response);
        response(json);
        End();
    }

    public void Opened(OutputItem item)
    {
        WriteItem("response.output_item.added", item);
        if (item.Name is not null)
            return;
        var json = Begin("response.content_part.added", item, hasContent: true);
        json.WritePropertyName(ResponseNames.Part);
        item.WritePart(json, completion);
        End();
    }

    public void Added(OutputItem item, ReadOnlySpan<byte> text, IReadOnlyList<ListedToken> tokens)
    {
        var json = item.Name is null ? Begin("response.output_text.delta", item, hasContent: true) : Begin("response.function_call_arguments.delta", item);
        json.WriteString(Names.Delta, text);
        if (item.Name is null)
            OutputItem.WriteLogProbabilities(json, completion, tokens);
        End();
    }

    /// <summary>It has ended; its status says how.</summary>
    public void Closed(OutputItem item)
    {
        if (item.Name is not null)
        {
            var call = Begin("response.function_call_arguments.done", item);
            call.WriteString(Names.Arguments, item.Text.WrittenSpan);
            call.WriteString(Names.FunctionName, item.Name);
            End();
        }
        else
        {
            var text = Begin("response.output_text.done", item, hasContent: true);
            text.WriteString(Names.Text, item.Text.WrittenSpan);
            OutputItem.WriteLogProbabilities(text, completion, item.Tokens);
            End();
            var part = Begin("response.content_part.done", item, hasContent: true);
            part.WritePropertyName(ResponseNames.Part);
            item.WritePart(part, completion);
            End();
        }
        WriteItem("response.output_item.done", item);
    }

    private void WriteItem(string type, OutputItem item)
    {
        var json = Begin(type);
        json.WriteNumber(ResponseNames.OutputIndex, item.Index);
        json.WritePropertyName(ResponseNames.Item);
        item.Write(json, completion);
        End();
    }

    private Utf8JsonWriter Begin(string type, OutputItem item, bool hasContent = false)
    {
        var json = Begin(type);
        json.WriteString(ResponseNames.ItemId, item.Id);
        json.WriteNumber(ResponseNames.OutputIndex, item.Index);
        if (hasContent)
            json.WriteNumber(ResponseNames.ContentIndex, 0);
        return json;
    }

    private Utf8JsonWriter Begin(string type)
    {
        Span<byte> name = stackalloc byte[64];
        var json = events.Begin(name[..Encoding.UTF8.GetBytes(type, name)]);
        json.WriteStartObject();
        json.WriteString(Names.Type, type);
        json.WriteNumber(ResponseNames.SequenceNumber, _number++);
        return json;
    }

    private void End()
    {
        events.Writer.WriteEndObject();
        events.End();
    }
}
