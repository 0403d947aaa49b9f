using System.Reflection;
using System.Runtime.Intrinsics.X86;

namespace Mesh.Inference.Native;

/// <summary>
/// Where the llama.cpp build lies: in MESH_LLAMA_DIR, in <c>llama/</c> beside the program, or where the build fetched it. LLamaSharp's packages have a folder
/// for each kind of x64 processor; AVX-512 is not among the choices, since it gains little over AVX2 and halves models with short attention heads.
/// </summary>
internal static class NativeFolder
{
    private static readonly (string Name, bool Runs)[] ByProcessor =
        [("avx2", Avx2.IsSupported && Fma.IsSupported && Bmi2.IsSupported), ("avx", Avx.IsSupported), ("noavx", X86Base.IsSupported)];

    /// <exception cref="ModelLoadException">There is none.</exception>
    public static string Find() =>
        Candidates().Select(Resolve).FirstOrDefault(folder => folder is not null) ?? throw new ModelLoadException(LoadFault.NotFound(Candidates()));

    /// <summary>The folder with the libraries for this processor in or below <paramref name="folder"/>, or null.</summary>
    public static string? Resolve(string folder)
    {
        if (!Directory.Exists(folder))
            return null;
        // What Rosetta translates has no AVX2; the package has a build of its own for it.
        if (OperatingSystem.IsMacOS() && X86Base.IsSupported && !Avx2.IsSupported && LibraryIn(Path.Combine(folder, "rosetta2")) is not null)
            return Path.Combine(folder, "rosetta2");
        if (LibraryIn(folder) is not null)
            return folder;
        if (CpuVariant.Named is { } named && LibraryIn(Path.Combine(folder, named)) is not null)
            return Path.Combine(folder, named);
        return ByProcessor.Where(kind => kind.Runs).Select(kind => Path.Combine(folder, kind.Name)).FirstOrDefault(f => LibraryIn(f) is not null);
    }

    /// <summary>libllama's file in a folder, or null.</summary>
    public static string? LibraryIn(string folder) => !Directory.Exists(folder) ? null :
        Directory.EnumerateFiles(folder).Where(f => Path.GetFileName(f) is var n
            && (n.StartsWith("libllama.", StringComparison.Ordinal) || n is "llama.dll") && !n.Contains("common", StringComparison.Ordinal)).Order().FirstOrDefault();

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable("MESH_LLAMA_DIR") is { Length: > 0 } chosen)
        {
            yield return chosen;
            yield break;
        }
        yield return Path.Combine(AppContext.BaseDirectory, "llama");
        foreach (var metadata in typeof(NativeFolder).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>())
            if (metadata is { Key: "LlamaDirectory", Value: { Length: > 0 } built })
                yield return built;
    }
}
