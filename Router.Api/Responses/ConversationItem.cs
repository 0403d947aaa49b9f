using System.Text.Json;
using Router.Api.Errors;
using Router.Api.Json;
using Router.Api.Text;

namespace Router.Api.Responses;

internal enum ItemKind
{
    Message,
    FunctionCall,
    FunctionCallOutput,
    /// <summary>What a reasoning model thought: kept, and read past.</summary>
    Reasoning,
    /// <summary>The id of an item that is stored already.</summary>
    Reference,
}

/// <summary>One item of a conversation, as a client sent it or as it was stored.</summary>
/// <param name="Role">Of a message: system, user or assistant.</param>
/// <param name="Text">What was said, the arguments of a call or its output.</param>
/// <param name="Name">Of a call's function.</param>
/// <param name="Source">The item's JSON; a text alone is a user's message.</param>
internal sealed record ConversationItem(ItemKind Kind, string? Id, string? Role, string Text, string? Name, JsonElement Source)
{
    private const int MaxId = 128;

    /// <summary>A user's message that is nothing but its text.</summary>
    public static ConversationItem OfText(JsonElement text, string path) => new(ItemKind.Message, null, "user", JsonFields.TextOf(text, path), null, text.Clone());

    public static ConversationItem Read(JsonElement element, string path)
    {
        var item = JsonFields.Of(element, path);
        var kind = item.Text("type") switch
        {
            "message" => ItemKind.Message,
            null => item.Has("role") ? ItemKind.Message : item.Has("id") ? ItemKind.Reference : throw ApiErrors.Missing(item.Path("type")),
            "function_call" => ItemKind.FunctionCall,
            "function_call_output" => ItemKind.FunctionCallOutput,
            "reasoning" => ItemKind.Reasoning,
            "item_reference" => ItemKind.Reference,
            var other => throw ApiErrors.Unsupported(item.Path("type"),
                $"Unsupported value: '{(other.Length <= 64 ? other : other[..64])}'. Supported values are: 'message', 'function_call', 'function_call_output', 'item_reference', and 'reasoning'."),
        };
        var id = item.Text("id", MaxId);
        var source = JsonCopy.Of(element, path);
        switch (kind)
        {
            case ItemKind.Message:
                return new(kind, id, ReadRole(item), TextParts.Read(item, "content", true, "input_text", "output_text", "text", "refusal"), null, source);
            case ItemKind.FunctionCall:
                _ = item.RequiredText("call_id", MaxId);
                return new(kind, id, null, item.RequiredText("arguments"), item.RequiredText("name", 64), source);
            case ItemKind.FunctionCallOutput:
                _ = item.RequiredText("call_id", MaxId);
                return new(kind, id, null, TextParts.Read(item, "output", true, "input_text", "output_text", "text"), null, source);
            case ItemKind.Reference:
                return new(kind, item.RequiredText("id", MaxId), null, "", null, source);
            default:
                return new(kind, id, null, "", null, source);
        }
    }

    /// <summary>As it is stored and listed: with an id, its type, and a message's content in parts.</summary>
    public void Write(Utf8JsonWriter json, string id)
    {
        json.WriteStartObject();
        json.WriteString(Names.Id, Id ?? id);
        json.WriteString(Names.Type, TypeName);
        if (Source.ValueKind == JsonValueKind.String)
            json.WriteString(Names.Role, Role);
        else
            foreach (var property in Source.EnumerateObject())
                if (property.Name is not ("id" or "type" or "status") && !(Kind == ItemKind.Message && property.Name == "content"))
                    property.WriteTo(json);
        if (Kind == ItemKind.Message)
            WriteContent(json);
        json.WriteString(ResponseNames.Status, ResponseNames.Completed);
        json.WriteEndObject();
    }

    private static string ReadRole(in JsonFields item) => item.RequiredText("role") switch
    {
        "developer" => "system",
        var role and ("user" or "assistant" or "system") => role,
        _ => throw ApiErrors.Invalid(item.Path("role"), $"Invalid value for '{item.Path("role")}'. Supported values are: 'user', 'assistant', 'system', and 'developer'."),
    };

    /// <summary>How the ids of its kind begin.</summary>
    public string IdPrefix => Kind switch
    {
        ItemKind.FunctionCall => "fc_",
        ItemKind.FunctionCallOutput => "fco_",
        ItemKind.Reasoning => "rs_",
        _ => "msg_",
    };

    private string TypeName => Kind switch
    {
        ItemKind.FunctionCall => "function_call",
        ItemKind.FunctionCallOutput => "function_call_output",
        ItemKind.Reasoning => "reasoning",
        _ => "message",
    };

    private void WriteContent(Utf8JsonWriter json)
    {
        json.WritePropertyName(Names.Content);
        if (Source.ValueKind == JsonValueKind.Object && Source.GetProperty("content") is { ValueKind: JsonValueKind.Array } parts)
        {
            parts.WriteTo(json);
            return;
        }
        json.WriteStartArray();
        json.WriteStartObject();
        json.WriteString(Names.Type, Role == "assistant" ? "output_text" : "input_text");
        json.WriteString(Names.Text, Text);
        if (Role == "assistant")
        {
            json.WriteStartArray(ResponseNames.Annotations);
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
