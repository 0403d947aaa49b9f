using Mesh.Tool.Tests.Governance;

namespace Mesh.Tool.Tests.Verbs.Simulate;

public sealed class PriorsVerbTests
{
    [Theory]
    [InlineData("--seeds", "1"), InlineData("--seeds", "11"), InlineData("--seeds", "-2147483648")]
    [InlineData("--seconds", "9.9"), InlineData("--seconds", "601"), InlineData("--seconds", "-10"), InlineData("--seconds", "NaN"), InlineData("--seconds", "Infinity")]
    public async Task What_is_out_of_range_is_refused_and_not_made_to_fit(string option, string value)
    {
        var ran = await new CommandLine("http://127.0.0.1:1", "").RunAsync("simulate", "priors", option, value);
        Assert.Equal((2, ""), (ran.Code, ran.Output));
        Assert.Contains("out of range; give", ran.Error);
    }
}
