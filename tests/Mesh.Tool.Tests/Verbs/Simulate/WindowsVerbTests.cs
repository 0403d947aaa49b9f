using System.Xml.Linq;
using Mesh.Testing;
using Mesh.Tool.Tests.Governance;

namespace Mesh.Tool.Tests.Verbs.Simulate;

public sealed class WindowsVerbTests
{
    [Theory]
    [InlineData("--seeds", "1"), InlineData("--seeds", "11"), InlineData("--row", "0"), InlineData("--row", "99")]
    [InlineData("--seconds", "0"), InlineData("--seconds", "3601"), InlineData("--seconds", "NaN")]
    public async Task What_is_out_of_range_is_refused_and_not_made_to_fit(string option, string value)
    {
        var ran = await RunAsync(option, value);
        Assert.Equal((2, ""), (ran.Code, ran.Output));
        Assert.Contains(value, ran.Error);
    }

    [Fact]
    public async Task A_row_is_a_line_with_every_policy()
    {
        var ran = await RunAsync("--row", "13", "--seeds", "2", "--seconds", "5");
        Assert.Equal(0, ran.Code);
        Assert.Contains("AllExpected", ran.Output);
        Assert.Contains("1 sessions, 8 experts", ran.Output);
        Assert.Contains("±", ran.Output);
    }

    [Fact]
    public async Task A_picture_is_a_file()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "windows.svg");
        Assert.Equal(0, (await RunAsync("--row", "10", "--seconds", "0.1", "--svg", file)).Code);
        Assert.Equal("svg", XDocument.Load(file).Root!.Name.LocalName);
        Assert.Equal(2, (await RunAsync("--seconds", "61", "--svg", file)).Code);
    }

    private static Task<Ran> RunAsync(params string[] arguments) => new CommandLine("http://127.0.0.1:1", "").RunAsync(["simulate", "windows", .. arguments]);
}
