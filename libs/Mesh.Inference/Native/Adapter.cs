using System.Runtime.InteropServices;

namespace Mesh.Inference.Native;

/// <summary>A LoRA adapter. It belongs to its model, which frees it.</summary>
internal static partial class Adapter
{
    /// <exception cref="ModelLoadException">The file is no adapter for this model.</exception>
    public static nint Load(ModelHandle model, string path)
    {
        using var use = CpuKernels.Enter(model.Kernels);
        var adapter = llama_adapter_lora_init(model, path);
        return adapter != 0
            ? adapter
            : throw new ModelLoadException($"'{Path.GetFileName(path)}' is no adapter for this model: {LlamaLog.TakeLastError() ?? "no reason given"}.");
    }

    [LibraryImport(LlamaLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint llama_adapter_lora_init(ModelHandle model, string path);
}
