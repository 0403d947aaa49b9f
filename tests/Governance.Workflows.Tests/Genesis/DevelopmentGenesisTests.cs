using Governance.Workflows.Genesis;
using Governance.Workflows.Hosting;
using Governance.Workflows.Ledger;
using Governance.Workflows.Nodes;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.Http.Hosting;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Signing;
using Mesh.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Tests.Genesis;

public sealed class DevelopmentGenesisTests : IDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddHttpClient().BuildServiceProvider();

    private string Members => Path.Combine(_data.Path, "members");

    public void Dispose()
    {
        _services.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task Each_member_has_a_key_in_the_folder()
    {
        foreach (var member in (await MakeAsync()).Configuration.Members)
            using (var key = SigningKey.Load(Path.Combine(Members, member.Name + ".key")))
                Assert.Equal((member.Name, member.Key), (key.Name, key.Verifier.Text));
    }

    /// <summary>What it may not do the three people may all the same.</summary>
    [Fact]
    public async Task The_agent_proposes_and_neither_votes_nor_halts()
    {
        var configuration = (await MakeAsync()).Configuration;
        var agent = configuration.Find("agent")!;
        Assert.Equal([Role.Deployer], agent.Roles);
        Assert.True(TierTable.Of(new SetEnsemble(new EnsembleSettings { K = 2 })).MayPropose(agent));
        Assert.False(Approvals.MayVote(agent, proposer: "ada"));
        using var key = SigningKey.Load(Path.Combine(Members, "agent.key"));
        var halt = SignedAct.Sign(new HaltOrder(configuration.Mesh, "agent", "Stop.", 100, "0123456789abcdef"), key);
        Assert.Equal(ActCode.WrongRole, Assert.Throws<ActRefusedException>(() => halt.Verify(configuration)).Code);
        Assert.Empty(Governability.Gaps([.. configuration.Members.Where(m => m != agent)]));
    }

    private async Task<GenesisDocument> MakeAsync()
    {
        var options = Options.Create(new ServiceOptions());
        await using var ledger = new GovernanceLedger(options, TimeProvider.System, new());
        var nodes = new MeshNodes(ledger, _services.GetRequiredService<IHttpClientFactory>(), Options.Create(new GovernanceOptions()), options, TimeProvider.System);
        return await new DevelopmentGenesis(nodes, TimeProvider.System, NullLogger<DevelopmentGenesis>.Instance).MakeAsync(_data.Path, Members, CancellationToken.None);
    }
}
