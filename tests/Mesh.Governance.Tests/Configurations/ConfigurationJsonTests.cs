using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;

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

    /// <summary>Ledgers and files from before it was governed say the same as ever, byte for byte.</summary>
    [Fact]
    public void A_configuration_without_security_has_no_section_and_one_with_it_reads_back()
    {
        Assert.DoesNotContain("security", JsonSerializer.Serialize(People.Configuration, GovernanceJson.Default.MeshConfiguration));
        var limited = Change.Of(new SetRateLimit(60), Change.Of(new RevokeApiKey("ann", "It leaked."), Change.Of(new SetRateLimit(5, "ben"), People.Configuration).After).After).After;
        Assert.Equal(limited, JsonSerializer.Deserialize(JsonSerializer.Serialize(limited, GovernanceJson.Default.MeshConfiguration), GovernanceJson.Default.MeshConfiguration));
    }

    [Theory]
    [InlineData("""{"revoked_keys":[],"rate_limits":[]}""")]
    [InlineData("""{"revoked_keys":[null],"rate_limits":[]}""")]
    [InlineData("""{"revoked_keys":["ann","ann"],"rate_limits":[]}""")]
    [InlineData("""{"revoked_keys":["a/b"],"rate_limits":[]}""")]
    [InlineData("""{"revoked_keys":[],"rate_limits":[null]}""")]
    [InlineData("""{"revoked_keys":[],"rate_limits":[{"name":"ann","per_minute":0}]}""")]
    [InlineData("""{"revoked_keys":[],"rate_limits":[{"name":"ann","per_minute":1},{"name":"ann","per_minute":2}]}""")]
    [InlineData("""{"revoked_keys":[],"rate_limits":[],"rate_limit":0}""")]
    public void A_security_section_that_cannot_be_is_a_fault(string section)
    {
        var json = JsonNode.Parse(JsonSerializer.Serialize(People.Configuration, GovernanceJson.Default.MeshConfiguration))!;
        json["security"] = JsonNode.Parse(section);
        Assert.NotEmpty(ConfigurationCheck.Faults(json.Deserialize(GovernanceJson.Default.MeshConfiguration)!));
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
