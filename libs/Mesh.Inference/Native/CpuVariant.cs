using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Mesh.Inference.Gguf;

namespace Mesh.Inference.Native;

/// <summary>
/// Which of the build's processor backends a process shall use when llama.cpp's own choice, the widest, is not the fastest. Its AVX-512 kernels take 64 numbers
/// at a time and fall back to one at a time for attention heads that are shorter: measured on heads of 32, a decode of a 5 MB model takes 2.5 times as long as
/// with the AVX2 kernels, which take 32. The first model of a process decides; MESH_LLAMA_CPU names a variant ("haswell") instead.
/// </summary>
internal static unsafe class CpuVariant
{
    private const int WideHead = 64, NarrowHead = 32;
    private static readonly string[] Narrow = ["alderlake", "haswell"];

    /// <summary>The file to load before all others, or null: llama.cpp shall choose.</summary>
    /// <exception cref="ModelLoadException">The variant of MESH_LLAMA_CPU is not in the build or does not run here.</exception>
    public static string? Choose(string folder, string? modelPath)
    {
        if (Environment.GetEnvironmentVariable("MESH_LLAMA_CPU") is { Length: > 0 } named)
            return FileOf(folder, named) ?? throw new ModelLoadException($"MESH_LLAMA_CPU names '{named}'; {folder} has no such variant that runs on this processor.");
        if (modelPath is null || !Avx512F.IsSupported || !IsNarrow(modelPath))
            return null;
        return Narrow.Select(variant => FileOf(folder, variant)).FirstOrDefault(file => file is not null);
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

    private static string? FileOf(string folder, string variant)
    {
        foreach (var file in Directory.EnumerateFiles(folder, $"*ggml-cpu-{variant}.*"))
            if (Runs(file))
                return file;
        return null;
    }

    private static bool Runs(string file)
    {
        if (!NativeLibrary.TryLoad(file, out var library))
            return false;
        if (!NativeLibrary.TryGetExport(library, "ggml_backend_score", out var score))
            return false;
        return ((delegate* unmanaged[Cdecl]<int>)score)() > 0;
    }
}
