using Mesh.Chorus.Phases;
using Mesh.Chorus.Windows;

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

    /// <summary>Longest that single tokens of other sessions shall wait for prompts in their batch; above 0.</summary>
    public TimeSpan PromptShare { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>A session unused for this long gives way to a new one when all sequences are taken: routers die without saying goodbye.</summary>
    public TimeSpan SessionIdle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>One session at a time, fixed batch shape, nothing shared: the same tokens whatever else runs. Slower.</summary>
    public bool Deterministic { get; init; }

    /// <summary>When a batch begins: <c>AtOnce</c>; <c>AllExpected</c> waits up to a decode for the sessions that were just answered; <c>Auto</c> tries both now and then and keeps the faster; <c>Phases</c> waits for the expert's phase.</summary>
    public WindowPolicy BatchWindow { get; init; } = WindowPolicy.AtOnce;

    /// <summary>The phases of the experts of a process, for those whose windows follow them and for who looks at them; null where nobody turns them. No setting: the host gives it.</summary>
    public PhaseField? Phases { get; init; }

    /// <summary>In place of one by <see cref="BatchWindow"/>, for a single lane.</summary>
    internal BatchWindow? Window { get; init; }

    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <exception cref="ModelLoadException">An option is out of its range; all of them are named.</exception>
    internal void Validate()
    {
        var faults = new List<string>();
        Check(Threads is null or >= 1, $"Threads is {Threads}; give 1 or more");
        Check(ExpertsOnMachine >= 1, $"ExpertsOnMachine is {ExpertsOnMachine}; give 1 or more");
        Check(MaxContext >= 8, $"MaxContext is {MaxContext}; give 8 or more");
        Check(MaxSequences is >= 1 and <= 255, $"MaxSequences is {MaxSequences}; give 1 to 255");
        Check(CacheBytes >= 0, $"CacheBytes is {CacheBytes}; give 0 or more");
        Check(MemoryBudget >= 0, $"MemoryBudget is {MemoryBudget}; give 0 or more");
        Check(BatchTokens is >= 32 and <= 8192, $"BatchTokens is {BatchTokens}; give 32 to 8192");
        Check(PromptShare > TimeSpan.Zero, $"PromptShare is {PromptShare}; give more than 0");
        Check(SessionIdle > TimeSpan.Zero, $"SessionIdle is {SessionIdle}; give more than 0");
        Check(Enum.IsDefined(BatchWindow), $"BatchWindow is {BatchWindow}; give {string.Join(", ", Enum.GetNames<WindowPolicy>())}");
        Check(BatchWindow != WindowPolicy.Phases || Phases is not null, "BatchWindow is Phases, and nobody turns the phases");
        if (faults.Count > 0)
            throw new ModelLoadException($"Mesh:Inference: {string.Join("; ", faults)}.");

        void Check(bool sound, string fault)
        {
            if (!sound)
                faults.Add(fault);
        }
    }

    internal int ThreadsFor(int? wanted) =>
        Math.Clamp(wanted ?? Threads ?? Environment.ProcessorCount / Math.Max(1, ExpertsOnMachine), 1, Environment.ProcessorCount);
}
