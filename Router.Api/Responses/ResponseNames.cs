using System.Text.Json;

namespace Router.Api.Responses;

/// <summary>Property names and constants of the Responses API alone, encoded once.</summary>
internal static class ResponseNames
{
    public static readonly JsonEncodedText
        Annotations = Name("annotations"), CallId = Name("call_id"), Completed = Name("completed"), ContentIndex = Name("content_index"), Incomplete = Name("incomplete"),
        InProgress = Name("in_progress"), Item = Name("item"), ItemId = Name("item_id"), OutputIndex = Name("output_index"), OutputText = Name("output_text"), Part = Name("part"),
        Response = Name("response"), SequenceNumber = Name("sequence_number"), Status = Name("status");

    private static JsonEncodedText Name(string name) => JsonEncodedText.Encode(name);
}
