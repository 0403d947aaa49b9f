using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Router.Api.Json;

/// <summary>JSON writers with one setting: compact, no escapes but those JSON needs, checks left to the tests.</summary>
internal static class Writers
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static Utf8JsonWriter Create(IBufferWriter<byte> output) => new(output, Options);
}
