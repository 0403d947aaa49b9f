namespace Mesh.Contracts.Experts;

/// <summary>What an expert is made of: kept in the state of its actor, so that any worker can load it.</summary>
public sealed record ExpertSpec
{
    public required ExpertId Id { get; init; }

    /// <summary>Absolute path of the GGUF file; it must lie under one of the worker's model roots.</summary>
    public required string ModelPath { get; init; }

    /// <summary>LoRA adapters (GGUF) applied to the whole expert, in order.</summary>
    public IReadOnlyList<AdapterSpec> Adapters { get; init; } = [];

    /// <summary>Threads of the decode loop, 1 to the machine's cores; null shares the cores of the machine among its experts.</summary>
    public int? Threads { get; init; }

    /// <summary>Layers on the GPU; 0 none, -1 all.</summary>
    public int GpuLayers { get; init; }

    /// <summary>Positions one session may hold, in tokens; null takes what the model was trained for.</summary>
    public int? ContextLength { get; init; }

    /// <summary>One line for people and for the gate's prior: what this expert is good at.</summary>
    public string? Description { get; init; }

    /// <summary>Adapters are compared one by one, so that a specification equals its copy from the wire.</summary>
    public bool Equals(ExpertSpec? other) =>
        other is not null && (Id, ModelPath, Threads, GpuLayers, ContextLength, Description) ==
        (other.Id, other.ModelPath, other.Threads, other.GpuLayers, other.ContextLength, other.Description) && Adapters.SequenceEqual(other.Adapters);

    public override int GetHashCode() => HashCode.Combine(Id, ModelPath, Threads, GpuLayers, ContextLength, Description, Adapters.Count);
}

/// <summary>A LoRA adapter file and its strength (1 = as trained).</summary>
public sealed record AdapterSpec(string Path, float Scale = 1f);
