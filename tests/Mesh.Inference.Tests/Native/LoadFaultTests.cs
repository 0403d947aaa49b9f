using System.Runtime.InteropServices;
using Mesh.Inference.Native;

namespace Mesh.Inference.Tests.Native;

/// <summary>What the loaders say, in one line with the remedy.</summary>
public sealed partial class LoadFaultTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mesh-llama-").FullName;

    [Theory]
    [InlineData("libgomp.so.1: cannot open shared object file: No such file or directory", "apt-get install libgomp1")]
    [InlineData("Error loading shared library libgomp.so.1: No such file or directory (needed by /x/libggml-base.so)", "apk add libgomp")]
    [InlineData("/lib/x86_64-linux-gnu/libm.so.6: version `GLIBC_2.34' not found (required by /x/libllama.so)", "glibc 2.34 or later")]
    [InlineData("/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /x/libllama.so)", "GLIBCXX_3.4.30 or later")]
    [InlineData("libc.musl-x86_64.so.1: cannot open shared object file: No such file or directory", "another processor or system")]
    [InlineData("/x/libllama.so: wrong ELF class: ELFCLASS32", "another processor or system")]
    [InlineData("/x/libllama.so: cannot open shared object file: Exec format error", "another processor or system")]
    [InlineData("dlopen(/x/libllama.dylib, 0x0001): tried: '/x/libllama.dylib' (mach-o file, but is an incompatible architecture (have 'x86_64', need 'arm64'))", "another processor or system")]
    [InlineData("An attempt was made to load a program with an incorrect format. (0x8007000B) (0x800700C1)", "another processor or system")]
    [InlineData("libcudart.so.12: cannot open shared object file: No such file or directory", "install the CUDA runtime")]
    [InlineData("Unable to load DLL 'llama.dll' or one of its dependencies: The specified module could not be found. (0x8007007E)", "Visual C++ Redistributable")]
    [InlineData("libfoo.so.2: cannot open shared object file: No such file or directory", "needs libfoo.so.2, which is not installed")]
    [InlineData("something\nnobody has seen", "does not load: something nobody has seen")]
    public void The_loaders_text_becomes_one_line_that_says_what_to_do(string text, string part)
    {
        var line = LoadFault.Explain("/x/libllama.so", $"Unable to load shared library '/x/libllama.so' or one of its dependencies.\n{text}\n");
        Assert.Contains(part, line);
        Assert.DoesNotContain('\n', line);
    }

    [SkippableFact]
    public void The_real_loader_is_understood_where_a_library_beside_it_is_missing()
    {
        var copy = Copy();
        // Under its own name the loader finds it, for this process has it already.
        Rename(copy, "libggml-base.so", "libggml-lost.so");
        var fault = Assert.Throws<ModelLoadException>(() => LlamaLibrary.Open(copy));
        Assert.Contains("lacks libggml-lost.so", fault.Message);
        Assert.Contains("MESH_LLAMA_DIR", fault.Message);
    }

    [SkippableFact]
    public void The_real_loader_is_understood_where_an_installed_library_is_missing()
    {
        var copy = Copy();
        // As if this system had no libm: the name in the copy's string table is one that nothing has.
        Rename(copy, "libm.so.6", "libq.so.6");
        Assert.Contains("llama.cpp needs libq.so.6", Assert.Throws<ModelLoadException>(() => LlamaLibrary.Open(copy)).Message);
    }

    [SkippableFact]
    public void The_real_loader_is_understood_where_openmp_is_missing()
    {
        LlamaLibrary.EnsureLoaded();
        var needs = Path.Combine(LlamaLibrary.Folder!, "libggml-base.so");
        Skip.IfNot(OperatingSystem.IsLinux() && LlamaLibrary.Layout == LlamaLayout.Ggml018 && File.Exists(needs), "This build does not need it.");
        var copy = Path.Combine(_folder, "libggml-base.so");
        File.Copy(needs, copy);
        Rename(copy, "libgomp.so.1", "libgomp.so.0");
        Assert.Contains("apt-get install libgomp1", Assert.Throws<ModelLoadException>(() => LlamaLibrary.Open(copy)).Message);
    }

    [SkippableFact]
    public void The_real_loader_is_understood_where_it_passes_over_a_file_for_another_machine()
    {
        var copy = Copy();
        using (var file = File.OpenWrite(copy))
        {
            file.Position = 18; // e_machine: no processor has this one
            file.Write([0xEE, 0x7E]);
        }
        Assert.Contains("another processor or system", Assert.Throws<ModelLoadException>(() => LlamaLibrary.Open(copy)).Message);
    }

    [SkippableFact]
    public void The_real_loader_is_understood_where_the_file_is_for_another_machine()
    {
        var copy = Copy();
        using (var file = File.OpenWrite(copy))
        {
            file.Position = 4; // EI_CLASS: 1 is 32 bits
            file.WriteByte(1);
        }
        Assert.Contains("another processor or system", Assert.Throws<ModelLoadException>(() => LlamaLibrary.Open(copy)).Message);
    }

    [Fact]
    public void Instructions_that_the_processor_lacks_are_named()
    {
        Assert.Null(LoadFault.Instructions("/x", [("AVX", true, true), ("AVX-512", false, false)]));
        Assert.Contains("use AVX2, FMA, which this processor lacks", LoadFault.Instructions("/x", [("AVX", true, true), ("AVX2", true, false), ("FMA", true, false)]));
    }

    [Fact]
    public void A_folder_without_libraries_for_this_machine_is_refused_with_what_is_allowed()
    {
        Assert.Null(NativeFolder.Resolve(_folder));
        Assert.Null(NativeFolder.Resolve(Path.Combine(_folder, "absent")));
        var line = LoadFault.NotFound([_folder]);
        Assert.All([RuntimeInformation.RuntimeIdentifier, _folder, "0.18.0", "0.25.1"], part => Assert.Contains(part, line));
    }

    [SkippableFact]
    public void Of_folders_by_processor_the_best_that_runs_is_taken_and_a_folder_with_the_library_itself_before_them()
    {
        foreach (var kind in (string[])["noavx", "avx", "avx2", "avx512"])
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, kind)).FullName, "libllama.so"), "");
        var expected = System.Runtime.Intrinsics.X86.Avx2.IsSupported ? "avx2" : System.Runtime.Intrinsics.X86.Avx.IsSupported ? "avx" : "noavx";
        Skip.IfNot(System.Runtime.Intrinsics.X86.X86Base.IsSupported && CpuVariant.Named is null, "x64 has these folders.");
        Assert.Equal(Path.Combine(_folder, expected), NativeFolder.Resolve(_folder));
        File.WriteAllText(Path.Combine(_folder, "libllama.so"), "");
        Assert.Equal(_folder, NativeFolder.Resolve(_folder));
    }

    [SkippableFact]
    public void Waiting_threads_of_openmp_sleep_unless_the_user_says_otherwise()
    {
        LlamaLibrary.EnsureLoaded();
        Skip.If(OperatingSystem.IsWindows(), "Windows has no libgomp.");
        Assert.Equal(Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") ?? "passive", Marshal.PtrToStringUTF8(getenv("OMP_WAIT_POLICY")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Copy()
    {
        LlamaLibrary.EnsureLoaded();
        Skip.IfNot(OperatingSystem.IsLinux(), "This is about Linux' loader.");
        var library = NativeFolder.LibraryIn(LlamaLibrary.Folder!)!;
        var copy = Path.Combine(_folder, Path.GetFileName(library));
        File.Copy(library, copy);
        return copy;
    }

    private static void Rename(string file, string from, string to)
    {
        var bytes = File.ReadAllBytes(file);
        var at = bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(from + "\0"));
        Assert.True(at > 0);
        System.Text.Encoding.ASCII.GetBytes(to).CopyTo(bytes, at);
        File.WriteAllBytes(file, bytes);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)] private static partial nint getenv(string name);
}
