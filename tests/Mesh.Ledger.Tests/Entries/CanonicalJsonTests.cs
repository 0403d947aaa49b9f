using Mesh.Ledger.Entries;

namespace Mesh.Ledger.Tests.Entries;

public sealed class CanonicalJsonTests
{
    /// <summary>RFC 8785, 3.2.2 to 3.2.4.</summary>
    [Fact]
    public void The_example_of_the_standard() => Assert.Equal(
        """{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}""",
        CanonicalJson.Of("""
            { "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false] }
            """));

    /// <summary>RFC 8785, appendix B.</summary>
    [Theory]
    [InlineData(0x0000000000000000, "0")]
    [InlineData(0x8000000000000000, "0")]
    [InlineData(0x0000000000000001, "5e-324")]
    [InlineData(0x8000000000000001, "-5e-324")]
    [InlineData(0x7fefffffffffffff, "1.7976931348623157e+308")]
    [InlineData(0xffefffffffffffff, "-1.7976931348623157e+308")]
    [InlineData(0x4340000000000000, "9007199254740992")]
    [InlineData(0x4430000000000000, "295147905179352830000")]
    [InlineData(0x44b52d02c7e14af5, "9.999999999999997e+22")]
    [InlineData(0x44b52d02c7e14af6, "1e+23")]
    [InlineData(0x44b52d02c7e14af7, "1.0000000000000001e+23")]
    [InlineData(0x444b1ae4d6e2ef4e, "999999999999999700000")]
    [InlineData(0x444b1ae4d6e2ef4f, "999999999999999900000")]
    [InlineData(0x444b1ae4d6e2ef50, "1e+21")]
    [InlineData(0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7")]
    [InlineData(0x3eb0c6f7a0b5ed8d, "0.000001")]
    [InlineData(0x41b3de4355555553, "333333333.3333332")]
    [InlineData(0x41b3de4355555556, "333333333.3333334")]
    [InlineData(0x41b3de4355555557, "333333333.33333343")]
    [InlineData(0xbecbf647612f3696, "-0.0000033333333333333333")]
    [InlineData(0x43143ff3c1cb0959, "1424953923781206.2")]
    public void Numbers_are_printed_as_ECMAScript_does(ulong bits, string expected) => Assert.Equal(expected, CanonicalJson.Number(BitConverter.UInt64BitsToDouble(bits)));

    [Theory]
    [InlineData("""{"b":1,"a":2,"a\u0000":3,"A":4}""", """{"A":4,"a":2,"a\u0000":3,"b":1}""")]
    [InlineData("""{"\ufb33":1,"\ud83d\ude00":2}""", "{\"\ud83d\ude00\":2,\"\ufb33\":1}")]
    public void Keys_are_sorted_by_UTF_16(string json, string expected) => Assert.Equal(expected, CanonicalJson.Of(json));

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""[1e999]""")]
    public void What_has_no_canonical_form_is_refused(string json) => Assert.Throws<FormatException>(() => CanonicalJson.Of(json));
}
