using Mesh.Ensemble.Experts;

namespace Mesh.Ensemble.Gating;

/// <summary>One additive part of what is believed of the experts beside a session's own evidence: people's standings, fatigue, exploration.</summary>
public interface IGatePrior
{
    /// <summary>Adds to <paramref name="scores"/>, one for each of <paramref name="experts"/>, in nats; finite, 0 is neutral.</summary>
    void Add(ReadOnlySpan<int> prompt, ReadOnlySpan<ExpertPeer> experts, Span<double> scores);
}
