using System.Text.Json;
using CsCheck;
using Mesh.Contracts.Experts;

namespace Mesh.Contracts.Tests.Experts;

public sealed class ExpertIdTests
{
    [Theory]
    [InlineData("arithmetic")]
    [InlineData("smollm2-135m-instruct.q4_1")]
    [InlineData("a")]
    public void A_good_name_is_kept(string name) => Assert.Equal(name, ExpertId.Parse(name).Value);

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a.")]
    [InlineData("a..b")]
    [InlineData("A")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a%2fb")]
    public void Anything_that_could_change_a_URL_or_a_path_is_refused(string name) => Assert.False(ExpertId.TryParse(name, out _));

    [Fact]
    public void More_than_64_characters_are_refused() => Assert.False(ExpertId.TryParse(new string('a', 65), out _));

    [Fact]
    public void Any_text_becomes_a_good_name() => Gen.String.Sample(text => ExpertId.TryParse(ExpertId.FromText(text).Value, out _));

    [Fact]
    public void Json_that_is_no_name_is_refused() =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ExpertId>("\"../etc\""));
}
