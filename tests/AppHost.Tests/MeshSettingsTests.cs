using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace AppHost.Tests;

public sealed class MeshSettingsTests
{
    /// <summary>The services run in other folders.</summary>
    [Theory]
    [InlineData("ApiKeysFile"), InlineData("GateFile"), InlineData("Governance:Genesis"), InlineData("Governance:MemberKeys"), InlineData("Governance:Service:ApiKeyFile"), InlineData("SelfPrompt:KeyFile"), InlineData("SelfPrompt:ApiKeyFile")]
    public void Paths_are_those_of_this_process(string setting)
    {
        var name = "Mesh__" + setting.Replace(":", "__");
        Assert.Equal(Path.GetFullPath("own/place"), Passed(new() { [$"Mesh:{setting}"] = "own/place" })[name]);
        Assert.DoesNotContain("own/place", Passed([]).GetValueOrDefault(name) as string ?? "");
    }

    [Fact]
    public void The_key_of_another_model_is_handed_to_no_service_but_the_one_that_asks_it()
    {
        Dictionary<string, string?> given = new() { ["Mesh:SelfPrompt:ApiKey"] = "sk-of-another" };
        Assert.DoesNotContain("sk-of-another", Passed(given).Values.OfType<string>());
        Assert.Equal("sk-of-another", MeshSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(given).Build(), Path.GetTempPath()).ApiKeyOfModel);
    }

    private static Dictionary<string, object> Passed(Dictionary<string, string?> given)
    {
        var settings = MeshSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(given).Build(), Path.GetTempPath());
        var environment = new Dictionary<string, object>();
        settings.PassOn(new(new DistributedApplicationExecutionContext(DistributedApplicationOperation.Run), new ContainerResource("router"), environment));
        return environment;
    }
}
