using Mesh.Inference.Tokenizer;

namespace Mesh.Inference.Tests.Tokenizer;

public sealed class ModelTokenizerTests
{
    private static readonly ModelTokenizer Tokenizer = ModelTokenizer.Load(TestModels.Arithmetic);

    [Theory]
    [InlineData("What is 17 + 25?"), InlineData("  two  spaces\n\n\ttabs "), InlineData("für Äpfel, naïve café"), InlineData("日本語のテキスト"), InlineData("a"), InlineData("")]
    [InlineData("👩‍👩‍👧‍👦 and 🏳️‍🌈 and 👍🏽"), InlineData("\0 zero"), InlineData("\u200b\ufeff\u0301"), InlineData("<|im_end|> written out"), InlineData("line\r\nline")]
    public void Text_survives_the_round_trip(string text) => Assert.Equal(text, Tokenizer.Decode(Tokenizer.Encode(text)));

    [Fact]
    public void Any_text_survives_the_round_trip()
    {
        var random = new Random(3);
        for (var n = 0; n < 300; n++)
        {
            var runes = Enumerable.Range(0, random.Next(40)).Select(_ => Rune(random)).ToArray();
            var text = string.Concat(runes.Select(r => r.ToString()));
            Assert.Equal(text, Tokenizer.Decode(Tokenizer.Encode(text)));
        }

        static System.Text.Rune Rune(Random random)
        {
            for (; ; )
                if (System.Text.Rune.TryCreate(random.Next(random.Next(2) == 0 ? 0x250 : 0x110000), out var rune))
                    return rune;
        }
    }

    [Fact]
    public void Control_tokens_written_out_in_a_text_stay_text_unless_asked_for()
    {
        var plain = Tokenizer.Encode("<|im_start|>");
        var special = Tokenizer.Encode("<|im_start|>", parseSpecial: true);
        Assert.Equal([1], special);
        Assert.True(plain.Length > 1);
        Assert.DoesNotContain(1, plain);
        Assert.Equal("", Tokenizer.Decode(special));
    }

    [Fact]
    public void The_begin_token_is_added_only_on_request() =>
        Assert.Equal([0, .. Tokenizer.Encode("hello")], Tokenizer.Encode("hello", addSpecial: true));

    [Fact]
    public void End_tokens_end_a_turn() => Assert.Contains(2, Tokenizer.EndTokens);

    [Fact]
    public void The_embedded_experts_share_one_fingerprint() =>
        Assert.Single(TestModels.EmbeddedNames.Select(name =>
        {
            using var tokenizer = ModelTokenizer.Load(TestModels.Embedded(name));
            return (tokenizer.Fingerprint, tokenizer.VocabularySize);
        }).Distinct());

    [Fact]
    public void The_fingerprint_is_that_of_every_earlier_build() =>
        Assert.Matches("^[0-9a-f]{64}$", Tokenizer.Fingerprint);

    [SkippableFact]
    public void Another_vocabulary_has_another_fingerprint()
    {
        using var other = ModelTokenizer.Load(TestModels.SmolLm());
        Assert.NotEqual(Tokenizer.Fingerprint, other.Fingerprint);
        Assert.Equal(49_152, other.VocabularySize);
        Assert.Equal("👩‍👩‍👧‍👦 naïve 日本語 17+25", other.Decode(other.Encode("👩‍👩‍👧‍👦 naïve 日本語 17+25")));
    }

    [Theory, InlineData(-1), InlineData(4096), InlineData(int.MaxValue), InlineData(int.MinValue)]
    public void An_id_outside_the_vocabulary_is_an_error_not_a_crash(int token) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Tokenizer.Decode([token]));

    [Fact]
    public void Many_threads_may_use_one_tokenizer()
    {
        var expected = Tokenizer.Encode("What does photosynthesis mean?");
        Parallel.For(0, 200, _ => Assert.Equal(expected, Tokenizer.Encode("What does photosynthesis mean?")));
    }
}
