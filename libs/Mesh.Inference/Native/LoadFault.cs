using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Mesh.Inference.Native;

/// <summary>What kept the libraries from loading, as one line that says what to do. The loaders' own texts are long and name no remedy.</summary>
internal static partial class LoadFault
{
    private static string Platform => RuntimeInformation.RuntimeIdentifier;

    public static string NotFound(IEnumerable<string> folders) =>
        $"No llama.cpp libraries for {Platform} in {string.Join(", ", folders)}: build again on this machine, or set MESH_LLAMA_DIR to a folder that holds libllama and libggml of {LlamaLayout.Names}.";

    public static string OtherVersion(string folder, string found) =>
        $"The llama.cpp libraries in {folder} are ggml {(found.Length > 0 ? found : "without a version")}; Mesh.Inference is bound to {LlamaLayout.Names}: set MESH_LLAMA_DIR to a folder that holds one of them.";

    /// <param name="library">The file that was to be loaded.</param>
    /// <param name="text">The loader's message.</param>
    public static string Explain(string library, string text)
    {
        var file = Path.GetFileName(library);
        if (Gomp().IsMatch(text))
            return "llama.cpp needs libgomp.so.1, the OpenMP runtime, which is not installed here: apt-get install libgomp1, dnf install libgomp, or apk add libgomp.";
        if (Glibc().Match(text) is { Success: true } version)
            return $"{file} needs {(version.Groups["cxx"].Success ? $"libstdc++ with GLIBCXX_{version.Groups["number"]}" : $"glibc {version.Groups["number"]}")} or later, which this system lacks: use Debian 12, Ubuntu 22.04, RHEL 9 or later, or set MESH_LLAMA_DIR to a build made for it.";
        // glibc passes over a library for another processor and then says that there is none.
        if (OtherMachine().IsMatch(text) || (Missing().Match(text) is { Success: true } passed && File.Exists(Path.Combine(Path.GetDirectoryName(library) ?? "", passed.Groups["name"].Value))))
            return $"{library} is built for another processor or system than {Platform}: build again on this machine, or set MESH_LLAMA_DIR to a folder that holds {LlamaLayout.Names} for it.";
        if (Cuda().Match(text) is { Success: true } cuda)
            return $"llama.cpp needs {cuda.Value}, which is not installed here: install the CUDA runtime of that version, or build without MeshGpu.";
        if (text.Contains("0x8007007E", StringComparison.OrdinalIgnoreCase))
            return $"{file} needs a library that is not installed here: install the Microsoft Visual C++ Redistributable 2015-2022.";
        if (Missing().Match(text) is { Success: true } missing && missing.Groups["name"].Value is var name)
            return name.Contains("ggml", StringComparison.Ordinal)
                ? $"{Path.GetDirectoryName(library)} lacks {name}: build again, or set MESH_LLAMA_DIR to a folder that holds all libraries of {LlamaLayout.Names}."
                : $"llama.cpp needs {name}, which is not installed here: install the package of this system that has it.";
        // The first line is .NET's and says only that it failed.
        var lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return $"{library} does not load: {string.Join(' ', lines.Length > 1 ? lines[1..] : lines)}";
    }

    /// <summary>A line for what a build uses and the processor lacks; null if there is nothing.</summary>
    public static string? Instructions(string folder, IEnumerable<(string Name, bool Built, bool Runs)> instructions) =>
        string.Join(", ", instructions.Where(i => i is { Built: true, Runs: false }).Select(i => i.Name)) is { Length: > 0 } names
            ? $"The llama.cpp libraries in {folder} use {names}, which this processor lacks: set MESH_LLAMA_DIR to a folder built for it (LLamaSharp.Backend.Cpu has noavx)."
            : null;

    public static string NoKernels(string folder) =>
        $"No CPU kernels in {folder} run on this processor ({Platform}): set MESH_LLAMA_DIR to a folder built for it, or build with -p:MeshNatives=nuget.";

    [GeneratedRegex(@"libgomp\.so[.\d]*: (cannot open|No such file)")]
    private static partial Regex Gomp();

    [GeneratedRegex(@"version [`']GLIBC(?<cxx>XX)?_(?<number>[\d.]+)' not found")]
    private static partial Regex Glibc();

    [GeneratedRegex(@"libc\.musl|wrong ELF class|invalid ELF header|Exec format error|incompatible architecture|0x800700C1|not a valid Win32|ELF file's phentsize", RegexOptions.IgnoreCase)]
    private static partial Regex OtherMachine();

    [GeneratedRegex(@"lib(cudart|cublas|cublasLt|cuda)\.so(\.\d+)?(?=: cannot open)")]
    private static partial Regex Cuda();

    [GeneratedRegex(@"(?:Error loading shared library )?(?<name>[\w.+-]+\.(?:so|dylib)[\w.]*): (?:cannot open shared object file|No such file)")]
    private static partial Regex Missing();
}
