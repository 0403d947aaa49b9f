using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace AppHost.Tests;

public sealed class MeshSettingsTests
{
    /// <summary>The services run in other folders.</summary>
    [Theory]
    [InlineData("ApiKeysFile"), InlineData("GateFile"), InlineData("Governance:Genesis"), InlineData("Governance:MemberKeys"), InlineData("Governance:Service:ApiKeyFile")]
    public void Paths_are_those_of_this_process(string setting)
    {
        var name = "Mesh__" + setting.Replace(":", "__");
        Assert.Equal(Path.GetFullPath("own/place"), Passed(new() { [$"Mesh:{setting}"] = "own/place" })[name]);
        Assert.DoesNotContain("own/place", Passed([]).GetValueOrDefault(name) as string ?? "");
    }

    private static Dictionary<string, object> Passed(Dictionary<string, string?> given)
    {
        var settings = MeshSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(given).Build(), Path.GetTempPath());
        var environment = new Dictionary<string, object>();
        settings.PassOn(new(new DistributedApplicationExecutionContext(DistributedApplicationOperation.Run), new ContainerResource("router"), environment));
        return environment;
    }
}
