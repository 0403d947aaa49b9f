using Mesh.Testing;
using SelfPrompt.Agent.Tasks.TestGeneration;

namespace SelfPrompt.Agent.Tests.Tasks.TestGeneration;

public sealed class AcceptedCasesTests : IDisposable
{
    private static readonly RegressionCase One = new("What is 1 + 1?", CaseCheck.Contains, 1, 8, Text: "2"), Two = new("Define it.", CaseCheck.LogProbability, 2, 8, Least: -2);
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Cases_are_kept_once_and_in_order()
    {
        var cases = Sightings.Cases(_folder.Path);
        Assert.Empty(cases.Read());
        cases.Append([One]);
        cases.Append([One, Two, Two]);
        Assert.Equal([One, Two], Sightings.Cases(_folder.Path).Read());
        Assert.Equal(2, File.ReadAllLines(Path.Combine(_folder.Path, "cases.jsonl")).Length);
    }

    [Fact]
    public void A_line_that_a_crash_cut_off_costs_only_itself()
    {
        var cases = Sightings.Cases(_folder.Path);
        cases.Append([One]);
        var path = Path.Combine(_folder.Path, "cases.jsonl");
        File.AppendAllText(path, "{\"prompt\":\"Def");
        Assert.Equal([One], cases.Read());
        cases.Append([Two]);
        Assert.Equal([One, Two], cases.Read());
    }

    [Theory]
    [InlineData("2", "1 + 1 = 2", true)]
    [InlineData("2", "1 + 1 = 12", false)]
    [InlineData("2", "it is 12, no, 2.", true)]
    [InlineData("2", "2nd", false)]
    public void A_result_stands_as_a_whole(string result, string answer, bool passes) =>
        Assert.Equal(passes, (One with { Text = result }).Passes(new(answer, -1, [1], 1, 0)));

    public void Dispose() => _folder.Dispose();
}
