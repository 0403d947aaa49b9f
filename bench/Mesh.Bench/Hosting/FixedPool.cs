using System.Collections.Immutable;
using Mesh.Ensemble.Experts;

namespace Mesh.Bench.Hosting;

/// <summary>Experts that stay what they are.</summary>
internal sealed class FixedPool(ImmutableArray<ExpertPeer> peers) : IExpertPool
{
    public ImmutableArray<ExpertPeer> Peers => peers;

    public Task WaitForChangeAsync(ImmutableArray<ExpertPeer> seen, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.Infinite, cancellationToken);
}
