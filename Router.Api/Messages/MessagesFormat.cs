using System.Text.Json;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Json;
using Router.Api.Tools;

namespace Router.Api.Messages;

/// <summary>One message, whole or as Anthropic's events: blocks of text and of calls, opened and closed one after the other.</summary>
internal sealed class MessagesFormat(HttpContext context) : ICompletionFormat
{
    private int _blocks;
    private bool _isOpen;

    public void Begin(EventStream events, Completion completion)
    {
        var json = Begin(events, "message_start"u8);
        json.WritePropertyName(Names.Message);
        MessageJson.Write(json, completion, isOver: false);
        End(events);
        Begin(events, "ping"u8);
        End(events);
    }

    public void Open(EventStream events, Completion completion, Choice choice)
    {
    }

    public void Add(EventStream events, Completion completion, Choice choice)
    {
        if (choice.Text.Length > 0)
        {
            if (!_isOpen)
                OpenBlock(events, null);
            AddToBlock(events, "text_delta"u8, "text"u8, choice.Text);
        }
        foreach (var call in choice.Calls)
        {
            if (call.IsNew)
                OpenBlock(events, call);
            if (call.Arguments.Length > 0)
                AddToBlock(events, "input_json_delta"u8, "partial_json"u8, call.Arguments);
        }
    }

    public void Close(EventStream events, Completion completion, Choice choice) => CloseBlock(events);

    public void End(EventStream events, Completion completion)
    {
        var json = Begin(events, "message_delta"u8);
        json.WriteStartObject(Names.Delta);
        MessageJson.WriteStop(json, completion.Choices[0]);
        json.WriteEndObject();
        MessageJson.WriteUsage(json, completion);
        End(events);
        Begin(events, "message_stop"u8);
        End(events);
    }

    public void Fail(EventStream events, Completion completion, ApiException error)
    {
        MessageErrors.WriteFields(Begin(events, "error"u8), context, error);
        End(events);
    }

    public void WriteWhole(Utf8JsonWriter json, Completion completion) => MessageJson.Write(json, completion, isOver: true);

    /// <param name="call">Null for text.</param>
    private void OpenBlock(EventStream events, ToolCall? call)
    {
        CloseBlock(events);
        _isOpen = true;
        var json = Begin(events, "content_block_start"u8);
        json.WriteNumber(Names.Index, _blocks);
        json.WritePropertyName("content_block"u8);
        if (call is null)
            MessageJson.WriteText(json, default);
        else
            MessageJson.WriteCall(json, call, "{}"u8);
        End(events);
    }

    private void AddToBlock(EventStream events, ReadOnlySpan<byte> type, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var json = Begin(events, "content_block_delta"u8);
        json.WriteNumber(Names.Index, _blocks);
        json.WriteStartObject(Names.Delta);
        json.WriteString(Names.Type, type);
        json.WriteString(name, value);
        json.WriteEndObject();
        End(events);
    }

    private void CloseBlock(EventStream events)
    {
        if (!_isOpen)
            return;
        _isOpen = false;
        Begin(events, "content_block_stop"u8).WriteNumber(Names.Index, _blocks++);
        End(events);
    }

    private static Utf8JsonWriter Begin(EventStream events, ReadOnlySpan<byte> type)
    {
        var json = events.Begin(type);
        json.WriteStartObject();
        json.WriteString(Names.Type, type);
        return json;
    }

    private static void End(EventStream events)
    {
        events.Writer.WriteEndObject();
        events.End();
    }
}
