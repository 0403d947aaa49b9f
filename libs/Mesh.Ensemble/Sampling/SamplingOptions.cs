namespace Mesh.Ensemble.Sampling;

/// <summary>How one token is drawn from the mixture. Neutral values switch a step off.</summary>
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
}
