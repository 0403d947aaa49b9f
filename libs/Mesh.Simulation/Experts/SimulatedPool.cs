using System.Collections.Immutable;
using Mesh.Ensemble.Experts;

namespace Mesh.Simulation.Experts;

/// <summary>A pool that a test changes by hand.</summary>
public sealed class SimulatedPool(params IEnumerable<ExpertPeer> peers) : IExpertPool
{
    private readonly Lock _gate = new();
    private ImmutableArray<ExpertPeer> _peers = [.. peers];
    private TaskCompletionSource _changed = new();

    public ImmutableArray<ExpertPeer> Peers
    {
        get
        {
            lock (_gate)
                return _peers;
        }
        set
        {
            TaskCompletionSource changed;
            lock (_gate)
                (_peers, changed, _changed) = (value, _changed, new());
            changed.SetResult();
        }
    }

    public static SimulatedPool Of(params IEnumerable<ToyExpert> experts) => new(experts.Select(e => new ExpertPeer(e.Card, e)));

    public Task WaitForChangeAsync(ImmutableArray<ExpertPeer> seen, CancellationToken cancellationToken)
    {
        lock (_gate)
            return _peers != seen ? Task.CompletedTask : _changed.Task.WaitAsync(cancellationToken);
    }
}
