using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Mesh.Inference.Gguf;

namespace Mesh.Inference.Native;

/// <summary>
/// One of the processor backends of a build that has several. llama.cpp takes the widest, which is not the fastest for every model: its AVX-512 kernels take
/// 64 numbers at a time and fall back to one at a time for attention heads that are shorter; measured on heads of 32, a decode of a 5 MB model takes 2.5 times
/// as long as with the AVX2 kernels, which take 32. Each model gets its own (<see cref="CpuKernels"/>); MESH_LLAMA_CPU names one ("haswell") for all.
/// </summary>
/// <param name="Score">llama.cpp's own; the highest is the widest.</param>
/// <param name="Registration">What llama.cpp registers of it; the library stays loaded, so it stays valid.</param>
internal sealed unsafe record CpuVariant(string Name, int Score, nint Registration)
{
    private const int WideHead = 64, NarrowHead = 32;
    private static readonly string[] Narrow = ["alderlake", "haswell"];

    /// <summary>What MESH_LLAMA_CPU says.</summary>
    public static string? Named => Environment.GetEnvironmentVariable("MESH_LLAMA_CPU") is { Length: > 0 } named ? named : null;

    /// <summary>The variants that run on this processor, the widest first; none where the build has its kernels linked.</summary>
    public static CpuVariant[] In(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*ggml-cpu-*").Order().Select(Open).OfType<CpuVariant>().OrderByDescending(v => v.Score)];

    /// <summary>The one for a model, which does not depend on what else the process hosts.</summary>
    public static CpuVariant Choose(IReadOnlyList<CpuVariant> variants, string? modelPath)
    {
        if (modelPath is null || !Avx512F.IsSupported || !IsNarrow(modelPath))
            return variants[0];
        return Narrow.Select(name => variants.FirstOrDefault(v => v.Name == name)).FirstOrDefault(v => v is not null) ?? variants[0];
    }

    private static bool IsNarrow(string modelPath)
    {
        try
        {
            var file = GgufFile.Read(modelPath);
            var length = ModelFacts.Read(file).HeadLength(file);
            return length % WideHead != 0 && length % NarrowHead == 0;
        }
        catch (ModelLoadException)
        {
            // Whoever loads it says what is wrong with it.
            return false;
        }
    }

    private static CpuVariant? Open(string file)
    {
        if (!NativeLibrary.TryLoad(file, out var library))
            return null;
        if (NativeLibrary.TryGetExport(library, "ggml_backend_score", out var score) && NativeLibrary.TryGetExport(library, "ggml_backend_init", out var init)
            && ((delegate* unmanaged[Cdecl]<int>)score)() is > 0 and var points && ((delegate* unmanaged[Cdecl]<nint>)init)() is not 0 and var registration)
            return new(Path.GetFileNameWithoutExtension(file).Split("ggml-cpu-")[^1], points, registration);
        NativeLibrary.Free(library);
        return null;
    }
}
