using System.Text;
using Mesh.Inference.Tokenizer;

namespace Mesh.Inference.Tests.Tokenizer;

public sealed class TokenTextDecoderTests
{
    private static readonly ModelTokenizer Tokenizer = ModelTokenizer.Load(TestModels.Arithmetic);

    [Theory, InlineData("👩‍👩‍👧‍👦"), InlineData("日本語"), InlineData("aé🙂b")]
    public void Half_characters_are_held_until_they_are_whole(string text)
    {
        var tokens = Tokenizer.Encode(text);
        Assert.True(tokens.Length > 1);
        var decoder = Tokenizer.CreateDecoder();
        var seen = new StringBuilder();
        foreach (var token in tokens)
        {
            var piece = decoder.Append(token).ToString();
            Assert.DoesNotContain('\uFFFD', piece);
            Assert.False(piece.Length > 0 && char.IsHighSurrogate(piece[^1]), "A surrogate pair was torn.");
            seen.Append(piece);
        }
        Assert.Equal(text, seen.ToString());
        Assert.Equal("", decoder.Flush().ToString());
    }

    [Fact]
    public void What_stays_half_comes_out_as_a_replacement_character_at_the_end()
    {
        var tokens = Tokenizer.Encode("🙂");
        var decoder = Tokenizer.CreateDecoder();
        var text = "";
        foreach (var token in tokens[..^1])
            text += decoder.Append(token).ToString();
        Assert.Equal("", text);
        Assert.Equal("\uFFFD", decoder.Flush().ToString());
        Assert.Equal("", decoder.Flush().ToString());
    }

    [Fact]
    public void A_broken_character_does_not_spoil_the_next()
    {
        var decoder = Tokenizer.CreateDecoder();
        var text = "";
        foreach (var token in (int[])[Tokenizer.Encode("🙂")[0], .. Tokenizer.Encode("ok")])
            text += decoder.Append(token).ToString();
        Assert.Equal("\uFFFDok", text + decoder.Flush().ToString());
    }

    [Fact]
    public void Decoding_a_token_allocates_nothing()
    {
        var tokens = Tokenizer.Encode("What is 17 + 25? naïve 🙂");
        var decoder = Tokenizer.CreateDecoder();
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run()
        {
            for (var n = 0; n < 100; n++)
                foreach (var token in tokens)
                    decoder.Append(token);
        }
    }
}
