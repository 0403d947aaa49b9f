namespace Mesh.Inference;

/// <summary>How experts are loaded and decoded. Section <c>Mesh:Inference</c>.</summary>
public sealed record InferenceOptions
{
    /// <summary>Threads per expert, 1 to the machine's cores; null divides the cores among <see cref="ExpertsOnMachine"/>.</summary>
    public int? Threads { get; init; }

    /// <summary>How many experts share this machine's cores, 1 or more.</summary>
    public int ExpertsOnMachine { get; init; } = 1;

    /// <summary>Most tokens that one session may hold, whatever the model was trained for.</summary>
    public int MaxContext { get; init; } = 8192;

    /// <summary>Sessions an expert keeps in its cache at once, active or finished, 1 to 255.</summary>
    public int MaxSequences { get; init; } = 64;

    /// <summary>Bytes of K/V cache per expert; one session of full length always fits.</summary>
    public long CacheBytes { get; init; } = 256L << 20;

    /// <summary>Bytes of weights and cache that one expert may take; 0 is no limit.</summary>
    public long MemoryBudget { get; init; }

    /// <summary>Most tokens in one llama_decode.</summary>
    public int BatchTokens { get; init; } = 512;

    /// <summary>Most prompt tokens of one session in a batch that other sessions wait for as well.</summary>
    public int PromptChunk { get; init; } = 128;

    /// <summary>One session at a time, fixed batch shape, nothing shared: the same tokens whatever else runs. Slower.</summary>
    public bool Deterministic { get; init; }

    internal int ThreadsFor(int? wanted) =>
        Math.Clamp(wanted ?? Threads ?? Environment.ProcessorCount / Math.Max(1, ExpertsOnMachine), 1, Environment.ProcessorCount);
}
