using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Router.Api.Constraints;

/// <summary>Values as the JSON that a model would write: no escapes but those JSON needs.</summary>
internal static class JsonTexts
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Of(JsonElement value) => JsonSerializer.SerializeToUtf8Bytes(value, Compact);

    public static byte[] Of(string text) => [(byte)'"', .. Content(text), (byte)'"'];

    /// <summary>What stands between the quotes.</summary>
    public static byte[] Content(string text)
    {
        var json = new StringBuilder(text.Length);
        foreach (var character in text)
            _ = character switch
            {
                '"' or '\\' => json.Append('\\').Append(character),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' => json.Append($"\\u{(int)character:x4}"),
                _ => json.Append(character),
            };
        return Encoding.UTF8.GetBytes(json.ToString());
    }
}
