namespace Mesh.Ensemble.Sampling;

/// <summary>
/// How one token is drawn from the mixture. Neutral values switch a step off. Order: penalties and biases on the mixture's log-probabilities, constraint,
/// temperature, min-p, top-k, top-p.
/// </summary>
public sealed record SamplingOptions
{
    public static readonly SamplingOptions Default = new();

    /// <summary>0 to 2; 0 takes the most probable token.</summary>
    public float Temperature { get; init; } = 1f;

    /// <summary>Smallest set of tokens with at least this mass; above 0 to 1.</summary>
    public float TopP { get; init; } = 1f;

    /// <summary>Only the most probable this many; 0 is no limit.</summary>
    public int TopK { get; init; }

    /// <summary>Only tokens with at least this share of the most probable one's probability; 0 to below 1.</summary>
    public float MinP { get; init; }

    /// <summary>Seed of the draw; null draws one.</summary>
    public long? Seed { get; init; }

    /// <summary>Taken once from the log-probability of every token generated before; -2 to 2.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Taken from the log-probability of a token once for every time it was generated before; -2 to 2.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Factor on the (negative) log-probability of every token of the prompt or generated before; above 0, 1 is neutral.</summary>
    public float RepetitionPenalty { get; init; } = 1f;

    /// <summary>Added to the log-probabilities of these tokens, -100 to 100; -100 bans a token. Tokens that no expert lists can be raised too.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    internal bool Penalizes => PresencePenalty != 0f || FrequencyPenalty != 0f || RepetitionPenalty != 1f;
}
