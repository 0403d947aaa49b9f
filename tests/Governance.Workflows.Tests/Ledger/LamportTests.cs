using Governance.Workflows.Tests.Faults;
using Mesh.Governance.Operations;
using Mesh.Testing.Sidecars;

namespace Governance.Workflows.Tests.Ledger;

[Collection(nameof(FaultCollection))]
public sealed class LamportTests
{
    /// <summary>What a witness knew before it cosigned came before what governance appends when it has heard of that, and what is appended before what the other witness does then.</summary>
    [Fact]
    public async Task An_entry_is_later_than_what_witnesses_said_and_witnesses_are_later_than_the_entry()
    {
        const long Busy = 500_000;
        await using var mesh = await GovernedMesh.StartAsync(new EmbeddedProcesses(comesBack: true));
        using var telling = await Telling.BeginAsync(mesh);
        mesh.Routers[0].Lamport.Raise(Busy);
        long stamp = 0;
        await mesh.EventuallyAsync(async () =>
        {
            await telling.ProposeAsync("agent", new SuggestText("Answer shortly."));
            return (stamp = (await mesh.EntriesAsync(0))[^1].Lamport) > Busy;
        }, () => $"an entry is later than {Busy}, not {stamp}");
        await mesh.EventuallyAsync(() => Task.FromResult(mesh.Routers.All(r => r.Lamport.Now > stamp)), () => $"every witness is later than {stamp}");
        await mesh.VerifyAsync();
    }
}
