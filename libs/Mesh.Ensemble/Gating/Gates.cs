namespace Mesh.Ensemble.Gating;

/// <summary>A session's gate by its name in the settings.</summary>
public static class Gates
{
    /// <param name="tokenizer">Fingerprint of the experts' tokenizer, where it is known.</param>
    /// <param name="model">The trained gate; without one, or where it was trained for another tokenizer, <see cref="GateKind.Learned"/> is the evidence alone.</param>
    public static IGate Create(EnsembleOptions options, GateModel? model, string? tokenizer) => options.Gate switch
    {
        GateKind.Uniform => new UniformGate(),
        GateKind.Learned when model is not null && tokenizer == model.Tokenizer => new LearnedGate(model),
        _ => new EvidenceGate(options.EvidenceDecay, options.EvidenceWeight),
    };
}
