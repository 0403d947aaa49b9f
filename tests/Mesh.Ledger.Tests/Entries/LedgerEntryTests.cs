using System.Text;
using System.Text.Json;
using Mesh.Ledger.Entries;

namespace Mesh.Ledger.Tests.Entries;

public sealed class LedgerEntryTests
{
    private const string Canonical = """{"body":{"a":1},"id":"vote/1","lamport":7,"node":"node-1","time":1700000000000,"type":"vote"}""";

    [Fact]
    public void An_entry_is_written_in_canonical_form_and_read_back()
    {
        var entry = LedgerEntry.Create("vote", 7, "node-1", 1_700_000_000_000, "vote/1", JsonElement.Parse("""{ "a" : 1.0 }"""));
        Assert.Equal(Canonical, entry.ToString());
        var read = LedgerEntry.Parse(entry.Bytes);
        Assert.Equal(("vote", 7L, "node-1", 1_700_000_000_000L, "vote/1", """{"a":1}"""), (read.Type, read.Lamport, read.Node, read.Time, read.Id, read.Body.GetRawText()));
        Assert.Equal(entry.LeafHash, read.LeafHash);
    }

    [Theory]
    [InlineData("""{"body":1}""")]
    [InlineData("""[1]""")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("""{"body":NaN,"id":"i","lamport":7,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":1e999,"id":"i","lamport":7,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":1,"id":"i","lamport":7.5,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":1,"id":"i","lamport":0,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":1,"id":"i","lamport":9007199254740992,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":1,"id":"i","lamport":"7","node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":1,"id":"i","lamport":7,"node":"n","time":-1,"type":"t"}""")]
    [InlineData("""{"body":1,"id":"","lamport":7,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":1,"id":"a b","lamport":7,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":1,"id":"a||b","lamport":7,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":1,"id":"a\nb","lamport":7,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":1,"id":"\ud800","lamport":7,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":"\ud800","id":"i","lamport":7,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":{"\ud800":1},"id":"i","lamport":7,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":{"a":1,"a":2},"id":"i","lamport":7,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":1,"id":"i","id":"i","lamport":7,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":1,"extra":1,"id":"i","lamport":7,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"body":1,"id":"i","lamport":7,"node":"n","time":1,"type":"T"}""")]
    [InlineData("""{"body":1, "id":"i","lamport":7,"node":"n","time":1,"type":"t"}""")]
    [InlineData("""{"id":"i","body":1,"lamport":7,"node":"n","time":1,"type":"t"}""")]
    public void What_is_no_entry_is_refused(string json) => Assert.Throws<FormatException>(() => LedgerEntry.Parse(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("", 1, 1, "i", "1"), InlineData("Vote", 1, 1, "i", "1"), InlineData("vote", 0, 1, "i", "1"), InlineData("vote", long.MaxValue, 1, "i", "1"), InlineData("vote", 1, -1, "i", "1")]
    [InlineData("vote", 1, 1, "../../x y", "1"), InlineData("vote", 1, 1, "i", "1e999"), InlineData("vote", 1, 1, "i", """{"a":1,"a":1}"""), InlineData("vote", 1, 1, "i", "\"\\udc00\"")]
    public void What_is_out_of_bounds_makes_no_entry(string type, long lamport, long time, string id, string body) =>
        Assert.Throws<FormatException>(() => LedgerEntry.Create(type, lamport, "node-1", time, id, JsonElement.Parse(body)));

    [Fact]
    public void Sizes_have_bounds()
    {
        var overhead = LedgerEntry.Create("t", 1, "n", 1, "i", JsonElement.Parse("\"\"")).Bytes.Length;
        Assert.Equal(LedgerEntry.MostBytes, LedgerEntry.Create("t", 1, "n", 1, "i", Text(LedgerEntry.MostBytes - overhead)).Bytes.Length);
        Assert.Throws<FormatException>(() => LedgerEntry.Create("t", 1, "n", 1, "i", Text(LedgerEntry.MostBytes - overhead + 1)));
        Assert.Throws<FormatException>(() => LedgerEntry.Create("t", 1, "n", 1, new('i', 257), Text(1)));
        Assert.Throws<FormatException>(() => LedgerEntry.Create("t", 1, "n", 1, "i", default));
        // As deep as a parser goes: one level more with the entry around it.
        Assert.Throws<FormatException>(() => LedgerEntry.Create("t", 1, "n", 1, "i", JsonElement.Parse(new string('[', 64) + new string(']', 64))));
    }

    private static JsonElement Text(int length) => JsonSerializer.SerializeToElement(new string('x', length));
}
