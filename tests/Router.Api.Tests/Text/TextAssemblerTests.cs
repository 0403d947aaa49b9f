using System.Text;
using Router.Api.Text;

namespace Router.Api.Tests.Text;

public sealed class TextAssemblerTests
{
    private static TextAssembler Of(params string[] stops) => new([.. stops.Select(Encoding.UTF8.GetBytes)]);

    private static string Take(TextAssembler text)
    {
        var ready = Encoding.UTF8.GetString(text.Ready);
        text.Take();
        return ready;
    }

    [Fact]
    public void Half_a_character_waits_for_the_other_half()
    {
        var text = Of();
        var euro = "€"u8;
        text.Append(euro[..1]);
        Assert.Equal("", Take(text));
        text.Append(euro[1..2]);
        Assert.Equal("", Take(text));
        text.Append([euro[2], (byte)'!']);
        Assert.Equal("€!", Take(text));
    }

    [Fact]
    public void Bytes_that_are_no_character_become_the_replacement_character()
    {
        var text = Of();
        text.Append([0xE2, 0x82]);
        text.Append("a"u8);
        text.Append([0xFF, (byte)'b', 0xC3, (byte)'c']);
        text.Finish();
        Assert.Equal("\uFFFDa\uFFFDb\uFFFDc", Take(text));
    }

    [Fact]
    public void Text_that_ends_inside_a_character_ends_before_it()
    {
        var text = Of("END");
        text.Append([(byte)'a', .. "😀"u8[..3]]);
        text.Finish();
        Assert.Equal("a", Take(text));
    }

    [Fact]
    public void A_stop_string_across_tokens_ends_the_text_before_it()
    {
        var text = Of("END");
        text.Append("one E"u8);
        Assert.Equal("one ", Take(text));
        text.Append("N"u8);
        Assert.Equal("", Take(text));
        text.Append("D two"u8);
        Assert.True(text.Stopped);
        Assert.Equal("", Take(text));
        text.Append("three"u8);
        text.Finish();
        Assert.Equal("", Take(text));
    }

    [Fact]
    public void What_only_looked_like_a_stop_string_is_given_out()
    {
        var text = Of("aab");
        text.Append("aa"u8);
        Assert.Equal("", Take(text));
        text.Append("a"u8);
        Assert.Equal("a", Take(text));
        text.Append("c"u8);
        Assert.Equal("aac", Take(text));
        text.Append("a"u8);
        text.Finish();
        Assert.False(text.Stopped);
        Assert.Equal("a", Take(text));
    }

    [Fact]
    public void The_earliest_of_several_stop_strings_counts()
    {
        var text = Of("world", "o w");
        text.Append("hello world"u8);
        Assert.True(text.Stopped);
        Assert.Equal("o w"u8.ToArray(), text.StoppedBy);
        Assert.Equal("hell", Take(text));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void However_text_is_cut_into_tokens_it_comes_out_the_same(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 500; round++)
        {
            var whole = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => random.Next(6) switch { 0 => "ä", 1 => "€", 2 => "😀", 3 => "b", 4 => "ab", _ => "a" }));
            string[] stops = [.. Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(3) switch { 0 => "aba", 1 => "€a", _ => "bb😀" })];
            var cut = stops.Select(s => whole.IndexOf(s, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(-1).Min();
            var bytes = Encoding.UTF8.GetBytes(whole);
            var text = Of(stops);
            var result = new StringBuilder();
            for (var at = 0; at < bytes.Length;)
            {
                var length = Math.Min(random.Next(1, 5), bytes.Length - at);
                text.Append(bytes.AsSpan(at, length));
                at += length;
                result.Append(Take(text));
            }
            text.Finish();
            result.Append(Take(text));
            Assert.Equal(cut < 0 ? whole : whole[..cut], result.ToString());
            Assert.Equal(cut >= 0, text.Stopped);
        }
    }
}
