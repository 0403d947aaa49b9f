using Mesh.Chorus.Leases;
using Mesh.Governance.Configurations;

namespace Mesh.Governance.Http.Nodes;

/// <summary>Where governance is not enabled.</summary>
internal sealed class UngovernedNode(string name) : IMeshNode
{
    public string Name => name;

    public MeshConfiguration? Configuration => null;

    public bool IsGoverned => false;

    public bool IsHalted => false;

    public IReadOnlyList<string> Halts => [];

    public LeaseState Lease => LeaseState.None;

    public bool MayChange => true;

    public bool MaySpeak => true;

    public CancellationToken Halted => CancellationToken.None;

    public ActsSnapshot Acts => ActsSnapshot.None;

    public long Revision => 0;

    public async Task<long> WaitForChangeAsync(long after, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return Revision;
    }

    public Task<Acknowledgement> HaltAsync(string note, CancellationToken cancellationToken) => Task.FromException<Acknowledgement>(Refused());

    public Task<Acknowledgement> ResumeAsync(string note, CancellationToken cancellationToken) => Task.FromException<Acknowledgement>(Refused());

    private static NodeRefusedException Refused() => new(503, "not_governed", "Governance is not enabled here (Mesh__Governance__Enabled).");
}
