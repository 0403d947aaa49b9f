using Mesh.Ensemble.Experts;

namespace Mesh.Ensemble.Gating;

/// <summary>A session's gate by its name in the settings.</summary>
public static class Gates
{
    /// <param name="model">The trained gate; without one, or where it was trained for another tokenizer than the experts have, <see cref="GateKind.Learned"/> is the evidence alone.</param>
    public static IGate Create(EnsembleOptions options, GateModel? model, ReadOnlySpan<ExpertPeer> peers) => options.Gate switch
    {
        GateKind.Uniform => new UniformGate(),
        GateKind.Learned when model is not null && peers.Length > 0 && peers[0].Card.TokenizerFingerprint == model.Tokenizer => new LearnedGate(model),
        _ => new EvidenceGate(options.EvidenceDecay, options.EvidenceWeight),
    };
}
