using System.Xml.Linq;
using Mesh.Testing;
using Mesh.Tool.Tests.Governance;

namespace Mesh.Tool.Tests.Verbs.Simulate;

public sealed class ScenarioVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private CommandLine Cli => new("", _folder.Path);

    [Fact]
    public async Task Every_scenario_is_listed_with_what_it_is()
    {
        var ran = await Cli.RunAsync("simulate", "--list");
        Assert.Equal(0, ran.Code);
        foreach (var shown in new[] { "calm", "partition", "A minority is cut off from all others for 61 to 120 s", "everything" })
            Assert.Contains(shown, ran.Output);
    }

    [Fact]
    public async Task One_seed_is_a_timeline_with_its_figures_the_same_every_time()
    {
        var ran = await Cli.RunAsync("simulate", "--scenario", "partition", "--seed", "7");
        Assert.Equal(0, ran.Code);
        foreach (var shown in new[] { "partition: nodes", "lost the lease", "s until the majority serves", "All invariants held." })
            Assert.Contains(shown, ran.Output);
        Assert.Equal(ran.Output, (await Cli.RunAsync("simulate", "--scenario", "partition", "--seed", "7")).Output);
        var all = await Cli.RunAsync("simulate", "--scenario", "partition", "--seed", "7", "--events", "all");
        Assert.Contains("token 1", all.Output);
        Assert.DoesNotContain("token 1", ran.Output);
    }

    [Fact]
    public async Task The_picture_is_written()
    {
        var file = Path.Combine(_folder.Path, "run.svg");
        Assert.Equal(0, (await Cli.RunAsync("simulate", "--scenario", "halt", "--svg", file)).Code);
        Assert.Equal("svg", XDocument.Load(file).Root!.Name.LocalName);
        Assert.Equal(1, (await Cli.RunAsync("simulate", "--scenario", "halt", "--svg", Path.Combine(_folder.Path, "absent", "run.svg"))).Code);
    }

    [Fact]
    public async Task Many_seeds_are_means_with_intervals()
    {
        var ran = await Cli.RunAsync("simulate", "--scenario", "crash", "--seeds", "1..6");
        Assert.Equal(0, ran.Code);
        Assert.Contains("±", ran.Output);
        Assert.Contains("All invariants held in 6 runs.", ran.Output);
    }

    [Theory]
    [InlineData("There are: calm, partition", "--scenario", "nope")]
    [InlineData("--scenario is missing")]
    [InlineData("is no range of seeds", "--seeds", "9..1")]
    [InlineData("is no range of seeds", "--seeds", "many")]
    [InlineData("are for one run", "--seeds", "1..2", "--seed", "3")]
    public async Task Wrong_arguments_say_what_is_right(string fault, params string[] arguments)
    {
        var ran = await Cli.RunAsync(["simulate", .. arguments]);
        Assert.Equal((ExitCode.Usage, ""), (ran.Code, ran.Output));
        Assert.Contains(fault, ran.Error);
    }

    public void Dispose() => _folder.Dispose();
}
