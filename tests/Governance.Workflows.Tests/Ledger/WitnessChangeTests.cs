using Governance.Workflows.Tests.Faults;
using Mesh.Chorus.Leases;
using Mesh.Governance.Acts;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Testing.Sidecars;

namespace Governance.Workflows.Tests.Ledger;

[Collection(nameof(FaultCollection))]
public sealed class WitnessChangeTests
{
    [Fact]
    public async Task Who_knows_the_genesis_alone_joins_a_mesh_whose_witnesses_were_replaced()
    {
        await using var mesh = await GovernedMesh.StartAsync(new EmbeddedProcesses(comesBack: true));
        using var telling = await Telling.BeginAsync(mesh);
        await ReplaceAsync("router", NodeKind.Router);
        await ReplaceAsync("worker", NodeKind.Worker);
        var late = mesh.NewNode("late", NodeKind.Worker);
        await ApprovedAsync(new AdmitNode(late));
        // Of the witnesses that it knows only governance cosigns what is newest.
        var node = (await mesh.StartNodeAsync(late)).Node;
        Assert.Equal(1, node.Configuration!.Version);
        var newest = (await telling.ConfigurationAsync()).Version;
        await mesh.EventuallyAsync(() => Task.FromResult(node.Configuration!.Version == newest && node.Lease == LeaseState.Held), () => $"the late node runs version {newest} and holds the lease, not {node.Configuration!.Version} and {node.Lease}");

        async Task ReplaceAsync(string name, NodeKind kind)
        {
            var next = mesh.NewNode(name + "-2", kind);
            await mesh.StartNodeAsync(next);
            await ApprovedAsync(new AdmitNode(next));
            await ApprovedAsync(new RemoveNode(name));
            await mesh.StopNodeAsync(name);
        }

        async Task ApprovedAsync(Operation operation)
        {
            var hash = await telling.ProposeAsync("ada", operation);
            await telling.VoteAsync(hash, VoteChoice.Approve, "ben", "cleo");
            await telling.StatusAsync(hash, "promoted");
        }
    }
}
