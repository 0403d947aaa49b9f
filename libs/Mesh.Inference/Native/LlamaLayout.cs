using System.Runtime.CompilerServices;

namespace Mesh.Inference.Native;

/// <summary>
/// One of the builds of llama.cpp that Mesh.Inference is bound to. Parameters have one struct in this process, <see cref="ModelParams"/> and
/// <see cref="ContextParams"/>; a layout says where the build has their fields. Batches, chat messages and thread pools are the same in all.
/// </summary>
internal sealed unsafe class LlamaLayout
{
    /// <summary>A run of bytes: where our struct has it and where the build's has it.</summary>
    internal readonly record struct Piece(int Ours, int Theirs, int Length);

    /// <summary>LLamaSharp.Backend.* 0.30.0: no LazyMode and no MaxOutputsPerSequence, which reading makes 0.</summary>
    public static readonly LlamaLayout Ggml018 = new()
    {
        GgmlVersion = "0.18.0", Origin = "LLamaSharp.Backend 0.30.0", LoadMode = 1, LazyMode = 0, ModelBytes = 72,
        Model = [new(0, 0, 28), new(32, 28, 4), new(40, 32, 40)], Context = [new(0, 0, 24), new(28, 24, 60), new(88, 88, 72)],
    };

    /// <summary>@node-llama-cpp 3.22.1: as our structs are.</summary>
    public static readonly LlamaLayout Ggml025 = new()
    {
        GgmlVersion = "0.25.1", LlamaVersion = "0.5.0-dev", Origin = "@node-llama-cpp 3.22.1", LoadMode = -1, LazyMode = 1, ModelBytes = 80,
        Model = [new(0, 0, 80)], Context = [new(0, 0, 160)],
    };

    public static readonly LlamaLayout[] Known = [Ggml018, Ggml025];

    /// <summary>The known builds, for messages.</summary>
    public static string Names => string.Join(" or ", Known.Select(k => $"ggml {k.GgmlVersion} ({k.Origin})"));

    public required string GgmlVersion { get; init; }

    /// <summary>What llama_version answers; null where there is no such function.</summary>
    public string? LlamaVersion { get; init; }

    public required string Origin { get; init; }

    public required int ModelBytes { get; init; }

    /// <summary>The default that a look through the layout must show.</summary>
    public required int LoadMode { get; init; }

    public required int LazyMode { get; init; }

    public required Piece[] Model { get; init; }

    public required Piece[] Context { get; init; }

    public static LlamaLayout? Of(string ggmlVersion) => Array.Find(Known, k => k.GgmlVersion == ggmlVersion);

    public NativeModelParams Write(ModelParams from)
    {
        NativeModelParams to = default;
        foreach (var (ours, theirs, length) in Model)
            Unsafe.CopyBlockUnaligned((byte*)&to + theirs, (byte*)&from + ours, (uint)length);
        return to;
    }

    public ModelParams Read(NativeModelParams from)
    {
        ModelParams to = default;
        foreach (var (ours, theirs, length) in Model)
            Unsafe.CopyBlockUnaligned((byte*)&to + ours, (byte*)&from + theirs, (uint)length);
        return to;
    }

    public NativeContextParams Write(ContextParams from)
    {
        NativeContextParams to = default;
        foreach (var (ours, theirs, length) in Context)
            Unsafe.CopyBlockUnaligned((byte*)&to + theirs, (byte*)&from + ours, (uint)length);
        return to;
    }

    public ContextParams Read(NativeContextParams from)
    {
        ContextParams to = default;
        foreach (var (ours, theirs, length) in Context)
            Unsafe.CopyBlockUnaligned((byte*)&to + ours, (byte*)&from + theirs, (uint)length);
        return to;
    }
}
