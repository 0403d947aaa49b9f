using System.Collections.Concurrent;
using Mesh.Ensemble.Mixing;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>Lanes and mixtures of finished sessions, for the next ones: both hold buffers that are too large to throw away per request.</summary>
internal sealed class LanePool
{
    private const int MostLanes = 1024, MostMixtures = 64;
    private readonly ConcurrentQueue<Lane> _lanes = new();
    private readonly ConcurrentQueue<Mixture> _mixtures = new();

    public Lane Rent() => _lanes.TryDequeue(out var lane) ? lane : new(this);

    public void Return(Lane lane)
    {
        lane.Peer = null!;
        if (_lanes.Count < MostLanes)
            _lanes.Enqueue(lane);
    }

    public Mixture RentMixture(int vocabularySize) =>
        _mixtures.TryDequeue(out var mixture) && mixture.VocabularySize == vocabularySize ? mixture : new(vocabularySize);

    public void Return(Mixture mixture)
    {
        if (_mixtures.Count < MostMixtures)
            _mixtures.Enqueue(mixture);
    }
}
