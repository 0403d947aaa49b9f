using Dapr.Common.Serialization;
using Mesh.Workflows.Payloads;

namespace Mesh.Workflows.Tests.Payloads;

public sealed class BoundedSerializerTests
{
    private readonly IDaprSerializer _serializer = new BoundedSerializer(new JsonDaprSerializer(new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), 100);

    [Theory, InlineData(98, 'x', true), InlineData(99, 'x', false), InlineData(49, '\u00e4', true), InlineData(50, '\u00e4', false), InlineData(32, '\u4e16', true), InlineData(33, '\u4e16', false)]
    public void Bytes_count_not_letters(int letters, char letter, bool fits)
    {
        var text = new string(letter, letters);
        if (fits)
            Assert.Equal(text, _serializer.Deserialize<string>(_serializer.Serialize(text)));
        else
            Assert.Throws<PayloadTooLargeException>(() => _serializer.Serialize(text));
    }

    [Fact]
    public void A_refusal_says_what_is_allowed()
    {
        var refused = Assert.Throws<PayloadTooLargeException>(() => _serializer.Serialize<object>(new string('x', 200)));
        Assert.Equal("A String has 202 bytes as JSON, more than a workflow carries (100): pass a reference instead.", refused.Message);
    }

    [Fact]
    public void Nothing_stays_nothing() => Assert.Equal("", _serializer.Serialize<object?>(null));
}
