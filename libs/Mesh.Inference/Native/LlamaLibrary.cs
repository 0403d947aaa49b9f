using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace Mesh.Inference.Native;

/// <summary>
/// Finds, loads and checks the pinned llama.cpp build, once per process. Looked for in MESH_LLAMA_DIR, in <c>llama/</c> beside the program, and
/// where the build fetched it.
/// </summary>
internal static unsafe partial class LlamaLibrary
{
    public const string Name = "llama";
    public const string LlamaVersion = "0.5.0-dev";
    public const string GgmlVersion = "0.25.1";

    private static readonly Lock Gate = new();
    private static volatile string? _info;

    /// <summary>The CPU and GPU features in use, for the log.</summary>
    public static string SystemInfo => _info ?? throw new InvalidOperationException("The library is not loaded yet.");

    /// <summary>Where it was found.</summary>
    public static string? Folder { get; private set; }

    /// <param name="modelPath">The model it is loaded for: the first one of the process may decide which processor backend is used (<see cref="CpuVariant"/>).</param>
    /// <exception cref="ModelLoadException">The libraries are missing or are another build.</exception>
    public static void EnsureLoaded(string? modelPath = null)
    {
        if (_info is not null)
            return;
        lock (Gate)
            _info ??= Start(modelPath);
    }

    private static string Start(string? modelPath)
    {
        var folder = Folders().FirstOrDefault(f => Directory.Exists(f) && FileOf(f) is not null)
            ?? throw new ModelLoadException($"The llama.cpp libraries are in none of: {string.Join(", ", Folders())}. Build again with npm installed, or set MESH_LLAMA_DIR.");
        var handle = NativeLibrary.Load(FileOf(folder)!);
        NativeLibrary.SetDllImportResolver(typeof(LlamaLibrary).Assembly, (name, _, _) => name == Name ? handle : 0);
        Check("llama_version", LlamaVersion, Text(llama_version()));
        Check("ggml_version", GgmlVersion, Text(ggml_version()));
        CheckLayout();
        LlamaLog.Install();
        Folder = folder;
        // What comes first is used; what llama.cpp would have chosen is then loaded beside it and rests.
        if (CpuVariant.Choose(folder, modelPath) is { } chosen)
            ggml_backend_load(chosen);
        ggml_backend_load_all_from_path(folder);
        if (ggml_backend_dev_count() == 0)
            throw new ModelLoadException($"No ggml backend for this processor was found in {folder}.");
        llama_backend_init();
        return Text(llama_print_system_info());
    }

    private static IEnumerable<string> Folders()
    {
        if (Environment.GetEnvironmentVariable("MESH_LLAMA_DIR") is { Length: > 0 } chosen)
        {
            yield return chosen;
            yield break;
        }
        yield return Path.Combine(AppContext.BaseDirectory, "llama");
        foreach (var metadata in typeof(LlamaLibrary).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>())
            if (metadata is { Key: "LlamaDirectory", Value: { Length: > 0 } built })
                yield return built;
    }

    private static string? FileOf(string folder) =>
        Directory.EnumerateFiles(folder).Where(f => Path.GetFileName(f) is var n
            && (n.StartsWith("libllama.", StringComparison.Ordinal) || n is "llama.dll") && !n.Contains("common", StringComparison.Ordinal)).Order().FirstOrDefault();

    /// <summary>A build whose structs differ would corrupt memory: the sizes, and known defaults read through our structs, must agree.</summary>
    private static void CheckLayout()
    {
        var model = ModelHandle.DefaultParams();
        var context = ContextHandle.DefaultParams();
        if (sizeof(ModelParams) != 80 || sizeof(ContextParams) != 160 || sizeof(Batch) != 56
            || model is not { GpuLayers: -1, SplitMode: 1, LoadMode: -1, LazyMode: 1, VocabOnly: 0, UseExtraBuffers: 1 }
            || context is not { Cells: 512, BatchTokens: 2048, MicroBatchTokens: 512, MaxSequences: 1, Threads: 4, TypeK: 1, TypeV: 1, NoPerf: 1, SwaFull: 1, UnifiedKv: 0 })
            throw new ModelLoadException("The llama.cpp library's parameters have another layout than the pinned build's.");
    }

    private static void Check(string what, string expected, string found)
    {
        if (found != expected)
            throw new ModelLoadException($"{what} is '{found}'; Mesh.Inference is bound to '{expected}'.");
    }

    internal static string Text(nint utf8) => Utf8StringMarshaller.ConvertToManaged((byte*)utf8) ?? "";

    [LibraryImport(Name)] private static partial nint llama_version();
    [LibraryImport(Name)] private static partial nint ggml_version();
    [LibraryImport(Name)] private static partial nint llama_print_system_info();
    [LibraryImport(Name)] private static partial void llama_backend_init();
    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)] private static partial void ggml_backend_load_all_from_path(string folder);
    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)] private static partial nint ggml_backend_load(string file);
    [LibraryImport(Name)] private static partial nuint ggml_backend_dev_count();
}
