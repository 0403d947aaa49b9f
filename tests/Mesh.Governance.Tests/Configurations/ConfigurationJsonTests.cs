using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Governance.Configurations;

namespace Mesh.Governance.Tests.Configurations;

public sealed class ConfigurationJsonTests
{
    [Fact]
    public void A_configuration_reads_back_equal()
    {
        var full = People.Configuration with { Canary = new(0.1, new('a', 64), People.Configuration.Routing with { Phase = 1 }) };
        var json = JsonSerializer.Serialize(full, GovernanceJson.Default.MeshConfiguration);
        Assert.Equal(full, JsonSerializer.Deserialize(json, GovernanceJson.Default.MeshConfiguration));
        Assert.Empty(ConfigurationCheck.Faults(full));
    }

    /// <summary>A generated reader gives what is missing its type's zero, not the default that is written in code.</summary>
    [Theory]
    [InlineData("members")]
    [InlineData("nodes")]
    [InlineData("routing")]
    [InlineData("policy")]
    [InlineData("routing.experts.removed")]
    [InlineData("policy.minor_approvals")]
    [InlineData("policy.phase_thresholds")]
    public void What_is_missing_is_refused(string path)
    {
        var json = JsonNode.Parse(JsonSerializer.Serialize(People.Configuration, GovernanceJson.Default.MeshConfiguration))!;
        var parent = path.Split('.')[..^1].Aggregate(json, (node, name) => node[name]!);
        Assert.True(parent.AsObject().Remove(path.Split('.')[^1]));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, GovernanceJson.Default.MeshConfiguration));
    }

    [Theory]
    [InlineData("members", "null")]
    [InlineData("nodes", "null")]
    public void Empty_elements_are_refused(string list, string element)
    {
        var json = JsonNode.Parse(JsonSerializer.Serialize(People.Configuration, GovernanceJson.Default.MeshConfiguration))!;
        json[list]!.AsArray().Add(JsonNode.Parse(element));
        Assert.NotEmpty(ConfigurationCheck.Faults(JsonSerializer.Deserialize(json, GovernanceJson.Default.MeshConfiguration)!));
    }
}
