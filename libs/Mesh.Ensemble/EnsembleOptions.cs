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
}

/// <summary>How the experts are chosen, awaited and mixed. Section <c>Mesh:Ensemble</c>.</summary>
public sealed record EnsembleOptions
{
    /// <summary>Experts mixed for every token, 1 or more.</summary>
    public int K { get; init; } = 4;

    /// <summary>Experts asked beyond K; the first K answers count. 0 or more.</summary>
    public int OverSelection { get; init; }

    public MixMode Mix { get; init; } = MixMode.Arithmetic;
    public GateKind Gate { get; init; } = GateKind.Evidence;

    /// <summary>Share of the evidence that is left after one more token, 0 to below 1.</summary>
    public double EvidenceDecay { get; init; } = 0.9;

    /// <summary>Factor on the evidence before the softmax, 0 or more.</summary>
    public double EvidenceWeight { get; init; } = 0.7;

    /// <summary>An expert that takes longer than this many times its expected time is left out of the token; above 1.</summary>
    public double DeadlineFactor { get; init; } = 2;

    /// <summary>Least time an expert is given.</summary>
    public TimeSpan MinimumDeadline { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait for the first answer to one token before it counts as lost.</summary>
    public TimeSpan TokenTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a stream waits for an expert to come back when none is left.</summary>
    public TimeSpan NoExpertGrace { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Most draft tokens verified in one round; 0 turns speculation off; at most 16.</summary>
    public int Speculation { get; init; }
}
