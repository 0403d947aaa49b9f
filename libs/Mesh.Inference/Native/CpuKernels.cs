using System.Runtime.InteropServices;

namespace Mesh.Inference.Native;

/// <summary>
/// Which CPU kernels a model computes with. llama.cpp asks its registry for the CPU when it loads a model, makes a context, a thread pool or an adapter, and
/// keeps what it got; so during each of these only the model's own variant is registered, and models with different ones run side by side. Those that want
/// the same load at the same time; another waits for them.
/// </summary>
internal static partial class CpuKernels
{
    private static readonly object Gate = new();
    private static CpuVariant[] s_variants = [];
    private static CpuVariant? s_registered;
    private static int s_users;

    /// <summary>The variants that run here, the widest first.</summary>
    public static IReadOnlyList<CpuVariant> Variants => s_variants;

    /// <summary>Called once, when the libraries have loaded and nothing uses them yet.</summary>
    /// <exception cref="ModelLoadException">MESH_LLAMA_CPU names a variant that does not run here.</exception>
    public static void Install(string folder)
    {
        var variants = CpuVariant.In(folder);
        if (CpuVariant.Named is { } named && variants.Length > 0)
            variants = variants.FirstOrDefault(v => v.Name == named) is { } one
                ? [one]
                : throw new ModelLoadException($"MESH_LLAMA_CPU names '{named}'; of {folder} these run on this processor: {string.Join(", ", variants.Select(v => v.Name))}.");
        s_variants = variants;
        if (variants.Length == 0)
            return;
        // The libraries have registered the widest themselves.
        while (ggml_backend_dev_by_type(0) is not 0 and var device)
            ggml_backend_unload(ggml_backend_dev_backend_reg(device));
        Register(variants[0]);
    }

    /// <summary>The variant for a model; null where there is no choice.</summary>
    public static CpuVariant? For(string? modelPath) => s_variants.Length == 0 ? null : CpuVariant.Choose(s_variants, modelPath);

    /// <summary>Until it is disposed, what llama.cpp makes computes with this variant; null: with any.</summary>
    public static Use Enter(CpuVariant? variant)
    {
        lock (Gate)
        {
            while (variant is not null && variant != s_registered && s_users > 0)
                Monitor.Wait(Gate);
            if (variant is not null && variant != s_registered)
            {
                ggml_backend_unload(s_registered!.Registration);
                Register(variant);
            }
            s_users++;
        }
        return default;
    }

    private static void Register(CpuVariant variant)
    {
        ggml_backend_register(variant.Registration);
        s_registered = variant;
    }

    public readonly struct Use : IDisposable
    {
        public void Dispose()
        {
            lock (Gate)
                if (--s_users == 0)
                    Monitor.PulseAll(Gate);
        }
    }

    [LibraryImport(LlamaLibrary.Name)] private static partial nint ggml_backend_dev_by_type(int type);
    [LibraryImport(LlamaLibrary.Name)] private static partial nint ggml_backend_dev_backend_reg(nint device);
    [LibraryImport(LlamaLibrary.Name)] private static partial void ggml_backend_register(nint registration);
    [LibraryImport(LlamaLibrary.Name)] private static partial void ggml_backend_unload(nint registration);
}
