using System.Text;
using System.Text.Json;
using Router.Api.Constraints;

namespace Router.Api.Tests.Constraints;

public sealed class GrammarTests
{
    private static Rule Compile(string schema) => Grammar.Compile(schema);

    private static bool Accepts(Rule rule, string text) => Grammar.Accepts(rule, text);

    [Theory]
    [InlineData("{}"), InlineData("""{"a": 1, "b": [true, null, "x\"\\\n\u00e9€😀"], "c": {"d": -1.5e+10}}"""), InlineData("{\n  \"a\": [\n    1,\n    2\n  ]\n}"), InlineData("""{"a":[]}""")]
    public void Any_object_is_accepted(string text) => Assert.True(Accepts(JsonRules.AnyObject, text));

    [Theory]
    [InlineData("[]"), InlineData("{"), InlineData("{}}"), InlineData("{\"a\":}"), InlineData("{\"a\":1,}"), InlineData("{a:1}"), InlineData("{\"a\":01}"), InlineData("{\"a\":1.}"),
     InlineData("{\"a\":\"\n\"}"), InlineData("{\"a\":\"\\x\"}"), InlineData("{\"a\":\"\\ud800\"}"), InlineData("{\"a\":tru}"), InlineData("{\"a\":-}"), InlineData("{\"a\":1e}"), InlineData("{} "), InlineData("{\"\":1}")]
    public void What_is_no_object_is_not(string text) => Assert.False(Accepts(JsonRules.AnyObject, text));

    [Theory]
    [InlineData("""{"type":"string","minLength":2,"maxLength":3}""", "\"ab\" \"€😀\" \"a\\n\\n\"", "\"a\" \"abcd\" ab 1")]
    [InlineData("""{"type":"integer"}""", "0 -7 123456", "1.5 1e3 01 - \"1\"")]
    [InlineData("""{"type":"number"}""", "0 -7.25 1e3 1E-5 0.5", ".5 5. 1e +1 NaN")]
    [InlineData("""{"type":"integer","minimum":5,"maximum":120}""", "5 9 12 99 120", "4 0 -5 121 200 1000 13.0")]
    [InlineData("""{"type":"integer","minimum":-9007199254740991,"maximum":9007199254740991}""", "0 -7 123456", "1.5 9007199254740992")]
    [InlineData("""{"type":"integer","exclusiveMinimum":0,"maximum":9007199254740991}""", "1 99", "0 -1")]
    [InlineData("""{"type":"integer","multipleOf":5}""", "0 -5 25 100", "1 7 12.5")]
    [InlineData("""{"type":"integer","multipleOf":5,"minimum":99998}""", "100000 100005", "99998 99995 0")]
    [InlineData("""{"type":"number","multipleOf":0.01}""", "0.25 -17.5 3 1234.5", "0.125 1e1 0.07")]
    [InlineData("""{"type":"number","multipleOf":0.5,"minimum":0}""", "0 0.5 7 7.5", "0.25 -0.5")]
    [InlineData("""{"type":"integer","exclusiveMinimum":-3,"exclusiveMaximum":3}""", "-2 0 2 -1", "-3 3 -20 20")]
    [InlineData("""{"type":"number","minimum":0,"maximum":1}""", "0 1 0.5 0.123456 1.0", "1.1 2 -0.5 10 1e0")]
    [InlineData("""{"type":"number","exclusiveMinimum":0.25,"exclusiveMaximum":0.5}""", "0.26 0.4999", "0 0.25 0.5 0.2 1")]
    [InlineData("""{"enum":["red","green",1,12,null,{"a":[1]}]}""", "\"red\" 1 12 null {\"a\":[1]}", "\"blue\" 2 11 {}")]
    [InlineData("""{"const":"x"}""", "\"x\"", "\"y\"")]
    [InlineData("""{"type":["string","null"]}""", "\"x\" null", "1")]
    [InlineData("""{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":2}""", "[1] [1,2] [10,_20]", "[] [1,2,3] [\"a\"] [1,]")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["a","b"],"additionalProperties":false}""",
        "{\"a\":1,\"b\":\"x\"} {\"a\":_1,_\"b\":_\"x\"}", "{} {\"a\":1} {\"b\":\"x\",\"a\":1} {\"a\":1,\"b\":\"x\",\"c\":1} {\"a\":\"x\",\"b\":\"x\"}")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"ab":{"type":"integer"},"c":{"type":"integer"}},"required":["c"],"additionalProperties":false}""",
        "{\"c\":1} {\"a\":1,\"c\":1} {\"ab\":1,\"c\":1} {\"a\":1,\"ab\":2,\"c\":3}", "{\"a\":1} {\"ab\":1,\"a\":1,\"c\":1} {\"c\":1,\"a\":1} {\"b\":1,\"c\":1}")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":{"type":"boolean"}}""",
        "{\"a\":1} {\"a\":1,\"b\":true,\"aa\":false}", "{\"a\":1,\"b\":2} {\"b\":true} {\"a\":1,\"a\":true}")]
    [InlineData("""{"anyOf":[{"type":"object","properties":{"k":{"const":"a"},"x":{"type":"integer"}},"required":["k","x"]},{"type":"object","properties":{"k":{"const":"b"}},"required":["k"]},{"type":"null"}]}""",
        "{\"k\":\"a\",\"x\":1} {\"k\":\"b\"} null", "{\"k\":\"a\"} {\"k\":\"b\",\"x\":1} {}")]
    [InlineData("""{"$defs":{"tree":{"type":"object","properties":{"v":{"type":"integer"},"next":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]}},"required":["v","next"]}},"$ref":"#/$defs/tree"}""",
        "{\"v\":1,\"next\":null} {\"v\":1,\"next\":{\"v\":2,\"next\":null}}", "{\"v\":1} {\"v\":1,\"next\":1}")]
    [InlineData("""{"type":"object","properties":{"children":{"type":"array","items":{"$ref":"#"}}},"required":["children"]}""", "{\"children\":[]} {\"children\":[{\"children\":[]}]}", "{} {\"children\":[1]}")]
    public void A_schema_admits_what_fits_it_and_nothing_else(string schema, string good, string bad)
    {
        var rule = Compile(schema);
        foreach (var text in good.Split(' '))
            Assert.True(Accepts(rule, text.Replace('_', ' ')), $"{text} fits.");
        foreach (var text in bad.Split(' '))
            Assert.False(Accepts(rule, text.Replace('_', ' ')), $"{text} does not fit.");
    }

    [Theory]
    [InlineData("^[A-Z]{2}-\\d{3}$", "AB-123 XY-000", "AB-12 ab-123 AB-1234")]
    [InlineData("b", "b abc bb", "a aa")]
    [InlineData("^ab.*", "ab abc", "b xab")]
    [InlineData("^(?!.*aa)[ab]+$", "a abab bb", "aa baab c")]
    [InlineData("^(?=.*\\d)(?=.*[a-z]).{3,5}$", "a1b 1234a", "abc 123 a1")]
    [InlineData("^(a|bc)*?d?$", "a bc abcd d", "b c ad_")]
    [InlineData("^[^a-z\"]é€😀?$", "Aé€ Zé€😀", "aé€ Aé €")]
    [InlineData("^\\u00e9\\x41\\.$", "éA.", "éAx eA.")]
    [InlineData("^$|^x$", "x", "xx y")]
    [InlineData("^\\p{Lu}\\p{Ll}+$", "Ab Éé", "ab A1")]
    [InlineData("^\\P{L}\\p{gc=Nd}\\p{Letter}$", "11a", "a1a 1aa")]
    [InlineData("^P(?:(\\d+W)|(?!.*W)(?=\\d|T\\d)(\\d+Y)?(\\d+M)?(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?([.,\\d]+S)?)?)$", "P3W P1Y2M P1DT5H PT1.5S", "P PT P1W2D P1YT")]
    public void A_pattern_admits_what_it_matches_and_nothing_else(string pattern, string good, string bad)
    {
        var rule = Compile(JsonSerializer.Serialize(new { type = "string", pattern }));
        foreach (var text in good.Split(' '))
            Assert.True(Accepts(rule, $"\"{text}\""), $"{text} matches.");
        foreach (var text in bad.Split(' '))
            Assert.False(Accepts(rule, $"\"{text}\""), $"{text} does not match.");
    }

    [Theory]
    [InlineData("date", "2024-02-28 1999-12-31", "2024-02-30 2024-13-01 24-1-1")]
    [InlineData("time", "23:59:59Z 00:00:00.5+02:00", "24:00:00Z 1:2:3")]
    [InlineData("date-time", "2024-01-31T12:00:00Z", "2024-01-31 2024-01-31T12:00")]
    [InlineData("duration", "P1Y P2W PT5M", "P PT 5M")]
    [InlineData("email", "ann.lee+x@example.org", "ann @x.org a@b a..b@c.de")]
    [InlineData("hostname", "a example.org x-1.y", "-a a. a..b")]
    [InlineData("ipv4", "127.0.0.1 255.255.255.255", "256.1.1.1 1.2.3")]
    [InlineData("ipv6", "0:0:0:0:0:0:0:1 ::1 fe80::1:2", "::g 1:2 1::2::3")]
    [InlineData("uuid", "123e4567-e89b-42d3-a456-426614174000", "123e4567e89b42d3a456426614174000")]
    [InlineData("uri", "https://example.org/a/b http://x https://x.org:80/?q=1#f", "example.org ftp://x http://a/%g")]
    [InlineData("uri-reference", "/a/b?c=1 a/b #x https://example.org", "// a\\\\b")]
    [InlineData("uri-template", "https://example.org/{id}/x", "https://example.org/{id")]
    [InlineData("json-pointer", "/a/b~1c /", "a /~2")]
    [InlineData("relative-json-pointer", "1/a 0#", "/a 01")]
    [InlineData("regex", "a\\\\d+", "a( [")]
    [InlineData("idn-email", "ann@example.org", "ann")]
    [InlineData("idn-hostname", "example.org", "a..b")]
    [InlineData("iri", "https://example.org/a", "a")]
    [InlineData("iri-reference", "/a", "//")]
    public void A_format_admits_texts_of_it(string format, string good, string bad)
    {
        var rule = Compile(JsonSerializer.Serialize(new { type = "string", format }));
        Assert.All(good.Split(' '), text => Assert.True(Accepts(rule, $"\"{text}\""), text));
        Assert.All(bad.Split(' '), text => Assert.False(Accepts(rule, $"\"{text}\""), text));
    }

    [Fact]
    public void A_pattern_is_written_as_JSON_demands()
    {
        var rule = Compile("""{"type":"string","pattern":"^[\\s\\S]{1,3}$","maxLength":2}""");
        Assert.All(["\"\\n\"", "\"\\\"\\\\\"", "\"é€\"", "\"😀\""], text => Assert.True(Accepts(rule, text), text));
        Assert.All(["\"\n\"", "\"\"\"", "\"\"", "\"\\x\"", "\"abc\""], text => Assert.False(Accepts(rule, text), text));
        var machine = new JsonMachine(rule);
        Assert.True(machine.Feed((byte)'"'));
        Assert.All(new byte[][] { [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80] }, bytes =>
        {
            var copy = new JsonMachine(rule);
            copy.CopyFrom(machine);
            Assert.False(bytes.All(copy.Feed));
        });
    }
}
