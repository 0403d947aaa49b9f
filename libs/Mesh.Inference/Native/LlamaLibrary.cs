using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Runtime.Intrinsics.X86;

namespace Mesh.Inference.Native;

/// <summary>Loads and checks the llama.cpp build that <see cref="NativeFolder"/> finds, once per process.</summary>
internal static unsafe partial class LlamaLibrary
{
    public const string Name = "llama";

    /// <summary>Each needs those before it; not every build has every one.</summary>
    private static readonly string[] InOrder = ["ggml-base", "ggml-cpu", "ggml-cuda", "ggml"];

    private static readonly Lock Gate = new();
    private static volatile string? _info;
    private static nint s_handle;

    static LlamaLibrary() =>
        NativeLibrary.SetDllImportResolver(typeof(LlamaLibrary).Assembly, (name, _, _) => name == Name ? s_handle : 0);

    /// <summary>The CPU and GPU features in use, for the log.</summary>
    public static string SystemInfo => _info ?? throw new InvalidOperationException("The library is not loaded yet.");

    /// <summary>Where it was found.</summary>
    public static string? Folder { get; private set; }

    /// <summary>Which of the known builds it is.</summary>
    public static LlamaLayout Layout { get; private set; } = null!;

    /// <exception cref="ModelLoadException">The libraries are missing, do not load here or are another build.</exception>
    public static void EnsureLoaded()
    {
        if (_info is not null)
            return;
        lock (Gate)
            _info ??= Start();
    }

    /// <exception cref="ModelLoadException">It does not load; the message says what to do.</exception>
    internal static nint Open(string file)
    {
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (Exception fault) when (fault is DllNotFoundException or BadImageFormatException)
        {
            throw new ModelLoadException(LoadFault.Explain(file, fault.Message), fault);
        }
    }

    internal static string Text(nint utf8) => Utf8StringMarshaller.ConvertToManaged((byte*)utf8) ?? "";

    private static string Start()
    {
        var folder = Folder = NativeFolder.Find();
        // Several experts share the cores: threads that wait must sleep. libgomp reads it from the native environment when it is loaded, and what a
        // process sets by Environment never gets there.
        if (!OperatingSystem.IsWindows())
            setenv("OMP_WAIT_POLICY", "passive", overwrite: 0);
        var library = NativeFolder.LibraryIn(folder)!;
        var (prefix, suffix) = (Path.GetFileName(library).StartsWith("lib", StringComparison.Ordinal) ? "lib" : "", Path.GetExtension(library));
        foreach (var needed in InOrder.Select(name => Path.Combine(folder, prefix + name + suffix)).Where(File.Exists))
            Open(needed);
        s_handle = Open(library);
        CheckInstructions(folder, s_handle);
        Layout = LlamaLayout.Of(Text(ggml_version())) ?? throw new ModelLoadException(LoadFault.OtherVersion(folder, Text(ggml_version())));
        CheckLayout(s_handle, Layout);
        LlamaLog.Install();
        // A build with its kernels linked has registered them by now.
        if (ggml_backend_dev_count() == 0)
            ggml_backend_load_all_from_path(folder);
        CpuKernels.Install(folder);
        if (ggml_backend_dev_count() == 0)
            throw new ModelLoadException(LoadFault.NoKernels(folder));
        llama_backend_init();
        return Text(llama_print_system_info());
    }

    /// <summary>An instruction that the processor lacks ends the process; a build with its kernels linked says which ones it was compiled with.</summary>
    private static void CheckInstructions(string folder, nint handle)
    {
        if (X86Base.IsSupported && LoadFault.Instructions(folder, [
            ("AVX", Has("avx"), Avx.IsSupported), ("AVX2", Has("avx2"), Avx2.IsSupported), ("FMA", Has("fma"), Fma.IsSupported),
            ("BMI2", Has("bmi2"), Bmi2.IsSupported), ("AVX-512", Has("avx512"), Avx512F.IsSupported)]) is { } fault)
            throw new ModelLoadException(fault);

        bool Has(string instructions) =>
            NativeLibrary.TryGetExport(handle, $"ggml_cpu_has_{instructions}", out var function) && ((delegate* unmanaged[Cdecl]<int>)function)() != 0;
    }

    /// <summary>A build whose structs differ would corrupt memory: known defaults, read through the layout, must show.</summary>
    private static void CheckLayout(nint handle, LlamaLayout layout)
    {
        var version = NativeLibrary.TryGetExport(handle, "llama_version", out var function) ? Text(((delegate* unmanaged[Cdecl]<nint>)function)()) : null;
        var model = ModelHandle.DefaultParams();
        var context = ContextHandle.DefaultParams();
        if (version != layout.LlamaVersion || model.LoadMode != layout.LoadMode || model.LazyMode != layout.LazyMode
            || model is not { GpuLayers: -1, SplitMode: 1, MainGpu: 0, VocabOnly: 0, UseExtraBuffers: 1 }
            || context is not { Cells: 512, BatchTokens: 2048, MicroBatchTokens: 512, MaxSequences: 1, Threads: 4, BatchThreads: 4, Pooling: -1, TypeK: 1, TypeV: 1, NoPerf: 1, SwaFull: 1, UnifiedKv: 0 })
            throw new ModelLoadException($"The llama.cpp libraries in {Folder} say ggml {layout.GgmlVersion} but differ from {layout.Origin}: set MESH_LLAMA_DIR to a folder that holds {LlamaLayout.Names}.");
    }

    [LibraryImport(Name)] private static partial nint ggml_version();
    [LibraryImport(Name)] private static partial nint llama_print_system_info();
    [LibraryImport(Name)] private static partial void llama_backend_init();
    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)] private static partial void ggml_backend_load_all_from_path(string folder);
    [LibraryImport(Name)] private static partial nuint ggml_backend_dev_count();
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)] private static partial int setenv(string name, string value, int overwrite);
}
