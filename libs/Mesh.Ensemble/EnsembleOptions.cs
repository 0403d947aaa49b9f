using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Gating.Priors;

namespace Mesh.Ensemble;

public enum MixMode
{
    /// <summary><c>p = sum w_i p_i</c>.</summary>
    Arithmetic,
    /// <summary><c>p ~ exp(sum w_i log p_i)</c>, normalised.</summary>
    Geometric,
}

public enum GateKind
{
    /// <summary>Equal weights.</summary>
    Uniform,
    /// <summary>Softmax of the decayed log-likelihood that each expert gave to the session's own tokens.</summary>
    Evidence,
    /// <summary>What a trained gate makes of the session's tokens, and the evidence, as they were fitted together; without a gate file it is the evidence alone.</summary>
    Learned,
}

/// <summary>How the experts are chosen, awaited and mixed. Section <c>Mesh:Ensemble</c>.</summary>
public sealed record EnsembleOptions
{
    /// <summary>Experts mixed for every token, 1 or more.</summary>
    public int K { get; init; } = 4;

    /// <summary>Experts asked beyond K; the first K answers count. 0 or more.</summary>
    public int OverSelection { get; init; }

    public MixMode Mix { get; init; } = MixMode.Arithmetic;
    public GateKind Gate { get; init; } = GateKind.Learned;

    /// <summary>Share of the evidence that is left after one more token, 0 to below 1.</summary>
    public double EvidenceDecay { get; init; } = 0.9;

    /// <summary>Factor on the evidence before the softmax, 0 or more.</summary>
    public double EvidenceWeight { get; init; } = 0.7;

    /// <summary>An expert that takes longer than this many times its expected time is late; above 1. See <see cref="NegligibleWeight"/>.</summary>
    public double DeadlineFactor { get; init; } = 2;

    /// <summary>Least time an expert is given.</summary>
    public TimeSpan MinimumDeadline { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The late ones are left out of a token while they can hold no more than this share of its weight, whatever they would answer; else they are awaited as
    /// long as they are alive: on a busy machine a token without its best expert is wrong, not fast. 0 awaits everyone, 1 nobody. For the first token
    /// everyone is awaited, since only the prompt's evidence tells who is best. With <see cref="OverSelection"/> the first K answers need the majority.
    /// </summary>
    public double NegligibleWeight { get; init; } = 0.01;

    /// <summary>
    /// A step without an answer counts as lost after this long, though its expert is alive: for one that has lost it. Dead ones are noticed by their channel.
    /// </summary>
    public TimeSpan TokenTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a stream waits for an expert to come back when none is left.</summary>
    public TimeSpan NoExpertGrace { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Most draft tokens verified in one round; 0 turns speculation off; at most 16.</summary>
    public int Speculation { get; init; }

    /// <summary>
    /// Above temperature 0, experts draft with the noise that the router draws with, so that they mostly draft what it draws; off, they draft their most probable
    /// tokens, and an expert learns nothing by which it could foresee a draw. The text is the same either way.
    /// </summary>
    public bool CoupledDrafts { get; init; } = true;

    /// <summary>An expert that was not chosen is asked once in this many tokens, without waiting for it, so that its evidence stays fresh; 0 never.</summary>
    public int RefreshInterval { get; init; } = 16;

    /// <summary>By how many nats another expert's score must be better before it takes the place of a chosen one; 0 or more.</summary>
    public double Hysteresis { get; init; } = 0.5;

    /// <summary>
    /// By how many nats at most an expert that this router keeps busy falls back when a round's experts are chosen; 0 (off) to 1. Read when the token loop is made.
    /// The text then depends on what else the mesh does.
    /// </summary>
    public double Fatigue { get; init; }

    /// <summary>By how many nats at most noise moves an expert forward when a round's experts are chosen; 0 (off) to 1. Read when the token loop is made.</summary>
    public double Exploration { get; init; }

    /// <summary>
    /// The same request gets the same tokens whatever else runs, as long as no expert fails: every voter is awaited up to <see cref="TokenTimeout"/>, also one
    /// that has to catch up, and nothing is asked whose time of arrival could matter (no over-selection, speculation or refresh). The experts must be
    /// deterministic too. Fatigue and exploration do not count here.
    /// </summary>
    public bool Deterministic { get; init; }

    /// <summary>
    /// Null: a prompt beyond the context window is an error and a full window ends the text. Else the window slides: this many tokens at its start (the
    /// anchor) and the newest half of the window stay, the middle is forgotten. 0 or more.
    /// </summary>
    public int? SlideAnchor { get; init; }

    /// <summary>These options with what <see cref="Deterministic"/> implies.</summary>
    internal EnsembleOptions Settled => Deterministic ? this with { OverSelection = 0, Speculation = 0, RefreshInterval = 0, MinimumDeadline = TokenTimeout } : this;

    internal IEnumerable<IGatePrior> SelectionPriors(TimeProvider time)
    {
        if (Fatigue > 0)
            yield return new FatiguePrior(time, Fatigue);
        if (Exploration > 0)
            yield return new ExplorationPrior(time, Exploration, Random.Shared.Next());
    }

    /// <summary>Everything that is out of range, as sentences; empty when all is well.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        Check(K is >= 1 and <= Mixing.Mixture.MostExperts, $"K is {K}; it must be 1 to {Mixing.Mixture.MostExperts}.");
        Check(OverSelection is >= 0 and <= Mixing.Mixture.MostExperts, $"OverSelection is {OverSelection}; it must be 0 to {Mixing.Mixture.MostExperts}.");
        Check(Enum.IsDefined(Mix), $"Mix is {Mix}; it must be {string.Join(" or ", Enum.GetNames<MixMode>())}.");
        Check(Enum.IsDefined(Gate), $"Gate is {Gate}; it must be {string.Join(" or ", Enum.GetNames<GateKind>())}.");
        Check(EvidenceDecay is >= 0 and < 1, $"EvidenceDecay is {EvidenceDecay}; it must be 0 to below 1.");
        Check(EvidenceWeight is >= 0 and <= 1e6, $"EvidenceWeight is {EvidenceWeight}; it must be 0 or more.");
        Check(DeadlineFactor is > 1 and <= 1e6, $"DeadlineFactor is {DeadlineFactor}; it must be above 1.");
        Check(MinimumDeadline > TimeSpan.Zero, $"MinimumDeadline is {MinimumDeadline}; it must be above 0.");
        Check(NegligibleWeight is >= 0 and <= 1, $"NegligibleWeight is {NegligibleWeight}; it must be 0 to 1.");
        Check(TokenTimeout > TimeSpan.Zero, $"TokenTimeout is {TokenTimeout}; it must be above 0.");
        Check(NoExpertGrace >= TimeSpan.Zero, $"NoExpertGrace is {NoExpertGrace}; it must be 0 or more.");
        Check(Speculation is >= 0 and <= Mesh.Contracts.Steps.StepLimits.Drafts, $"Speculation is {Speculation}; it must be 0 to {Mesh.Contracts.Steps.StepLimits.Drafts}.");
        Check(RefreshInterval >= 0, $"RefreshInterval is {RefreshInterval}; it must be 0 or more.");
        Check(Hysteresis is >= 0 and <= 1e6, $"Hysteresis is {Hysteresis}; it must be 0 or more.");
        Check(Fatigue is >= 0 and <= FatiguePrior.MostNats, $"Fatigue is {Fatigue}; it must be 0 to {FatiguePrior.MostNats}.");
        Check(Exploration is >= 0 and <= ExplorationPrior.MostNats, $"Exploration is {Exploration}; it must be 0 to {ExplorationPrior.MostNats}.");
        Check(SlideAnchor is null or >= 0, $"SlideAnchor is {SlideAnchor}; it must be 0 or more, or absent.");
        return faults;

        void Check(bool holds, string fault)
        {
            if (!holds)
                faults.Add(fault);
        }
    }
}
