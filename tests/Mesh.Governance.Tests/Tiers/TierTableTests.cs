using System.Text.Json.Serialization;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.Tiers;

namespace Mesh.Governance.Tests.Tiers;

public sealed class TierTableTests
{
    private static readonly Type[] Types = [.. typeof(Operation).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Operation)) && !t.IsAbstract)];

    private sealed record Unheard : Operation;

    [Fact]
    public void Every_operation_has_a_row_a_kind_and_a_sample()
    {
        var kinds = typeof(Operation).GetCustomAttributes(typeof(JsonDerivedTypeAttribute), false).Cast<JsonDerivedTypeAttribute>().ToDictionary(a => a.DerivedType, a => (string)a.TypeDiscriminator!);
        foreach (var type in Types)
        {
            Assert.True(kinds.TryGetValue(type, out var kind), $"{type.Name} has no kind in JSON.");
            Assert.IsType(type, OperationSamples.ByKind[kind]);
            Assert.True(TierTable.Find(OperationSamples.ByKind[kind]) is not null, $"{type.Name} has no row in the table of tiers.");
        }
        Assert.Equal(Types.Length, OperationSamples.ByKind.Count);
    }

    [Fact]
    public void What_nobody_wrote_down_is_of_the_highest_tier()
    {
        Assert.Null(TierTable.Find(new Unheard()));
        Assert.Equal(Tier.DeployMajor, TierTable.Of(new Unheard()).Tier);
    }

    [Theory]
    [InlineData("suggest_text", Tier.Suggest, "gil")]
    [InlineData("evaluate_routing", Tier.SandboxTest, "gil")]
    [InlineData("set_ensemble", Tier.DeployMinor, "ben dan")]
    [InlineData("set_gate", Tier.DeployMinor, "ben dan")]
    [InlineData("quarantine_expert", Tier.DeployMinor, "ben cam dan fay")]
    [InlineData("release_expert", Tier.DeployMajor, "ben dan")]
    [InlineData("admit_expert", Tier.DeployMajor, "ben dan")]
    [InlineData("remove_expert", Tier.DeployMajor, "ben dan")]
    [InlineData("set_phase", Tier.DeployMajor, "ben dan")]
    [InlineData("add_member", Tier.DeployMajor, "ada")]
    [InlineData("revoke_member", Tier.DeployMajor, "ada")]
    [InlineData("set_roles", Tier.DeployMajor, "ada")]
    [InlineData("rotate_key", Tier.DeployMajor, "ada")]
    [InlineData("admit_node", Tier.DeployMajor, "ada")]
    [InlineData("remove_node", Tier.DeployMajor, "ada")]
    [InlineData("set_policy", Tier.DeployMajor, "ada")]
    [InlineData("revoke_api_key", Tier.DeployMinor, "ben cam dan fay")]
    [InlineData("restore_api_key", Tier.DeployMinor, "ben cam dan fay")]
    [InlineData("set_rate_limit", Tier.DeployMinor, "ben cam dan fay")]
    [InlineData("lift_domain", Tier.DeployMajor, "ada")]
    public void The_table(string kind, Tier tier, string proposers)
    {
        var row = TierTable.Of(OperationSamples.ByKind[kind]);
        Assert.Equal(tier, row.Tier);
        var able = People.Configuration.Members.Where(row.MayPropose).Select(m => m.Name);
        Assert.Equal(proposers == "gil" ? "ada ben cam dan eve fay gil" : proposers, string.Join(' ', able));
    }

    [Theory]
    [InlineData(new[] { Role.Approver, Role.Signer }, true)]
    [InlineData(new[] { Role.Deployer, Role.Signer }, true)]
    [InlineData(new[] { Role.Approver, Role.Deployer, Role.Oncall, Role.Admin }, false)]
    [InlineData(new[] { Role.Signer, Role.Oncall, Role.Admin }, false)]
    public void Duties_are_apart(Role[] roles, bool conflict) => Assert.Equal(conflict, Member.Conflict(roles) is not null);
}
