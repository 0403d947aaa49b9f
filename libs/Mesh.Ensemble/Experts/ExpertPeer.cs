using System.Collections.Immutable;
using Mesh.Contracts.Experts;

namespace Mesh.Ensemble.Experts;

/// <summary>An admitted expert: what it is and how to reach it. A new object for every (re)registration.</summary>
public sealed class ExpertPeer(ModelCard card, IExpertChannel channel)
{
    public ExpertId Id => Channel.Expert;
    public ModelCard Card { get; } = card;
    public IExpertChannel Channel { get; } = channel;
    public ExpertLoad Load { get; } = new();
}

/// <summary>The experts that may be asked now. Ready ones only: loading, busy-by-hand, refused and retired experts are not in it.</summary>
public interface IExpertPool
{
    ImmutableArray<ExpertPeer> Peers { get; }

    /// <summary>Completes when <see cref="Peers"/> is no longer <paramref name="seen"/>.</summary>
    Task WaitForChangeAsync(ImmutableArray<ExpertPeer> seen, CancellationToken cancellationToken);
}
