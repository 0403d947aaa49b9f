using Mesh.Contracts.Observations;
using SelfPrompt.Agent.Texts;

namespace SelfPrompt.Agent.Tests.Texts;

public sealed class TextsTests
{
    private static readonly TextPart[] Parts = Enum.GetValues<TextPart>();

    [Fact]
    public void Parts_share_no_text_and_each_is_large_enough()
    {
        Assert.All(Parts, p => Assert.InRange(HeldOutTexts.Of(p).Count, 20, 60));
        Assert.All(Parts, p => Assert.InRange(HeldOutPrompts.Of(p).Count, 8, 24));
        var all = Parts.SelectMany(HeldOutTexts.Of).ToArray();
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void Fed_back_texts_are_bounded_in_number_and_length_and_of_one_part_each()
    {
        using var mesh = new SyntheticMesh();
        var seen = Sightings.Of(mesh).With((RouterObservations r) => r with
        {
            Feedback =
            [
                new("bad", Sightings.From, false, "a prompt", "that was answered badly", null),
                new("long", Sightings.From, true, "a prompt", new string('x', 1900), null),
                .. Enumerable.Range(0, 100).Select(i => new ObservedFeedback($"c{i}", Sightings.From, true, $"prompt {i}", "answer", null)),
            ],
        });
        var added = Parts.SelectMany(p => HeldOutTexts.Of(p, seen)).Except(Parts.SelectMany(HeldOutTexts.Of)).ToArray();
        Assert.Equal(HeldOutTexts.MostFedBack, added.Length);
        Assert.All(added, t => Assert.StartsWith("prompt ", t));
    }

    [Theory]
    [InlineData("plain", "\"plain\"")]
    [InlineData("two\nlines\r\u0000\u2028 and \"quotes\"", "\"twolines and 'quotes'\"")]
    [InlineData("\u202Ereversed\u200B", "\"reversed\"")]
    [InlineData(null, "\"\"")]
    public void Text_from_outside_is_quoted_on_one_line(string? text, string quoted) => Assert.Equal(quoted, Quote.Of(text));

    [Fact]
    public void And_cut() => Assert.Equal(Quote.Most + 2, Quote.Of(new string('x', 5000)).Length);
}
