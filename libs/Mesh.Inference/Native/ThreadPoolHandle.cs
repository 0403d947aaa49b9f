using System.Runtime.InteropServices;

namespace Mesh.Inference.Native;

/// <summary>Worker threads of one context that sleep while there is nothing to compute, so that several models do not spin against each other.</summary>
internal sealed unsafe partial class ThreadPoolHandle() : SafeHandle(0, ownsHandle: true)
{
    private const int CpuDevice = 0;
    private delegate* unmanaged[Cdecl]<nint, void> _free;

    public override bool IsInvalid => handle == 0;

    /// <summary>A pool for contexts of a model, or null where this build has none; llama.cpp then makes threads for every graph.</summary>
    public static ThreadPoolHandle? TryCreate(ModelHandle model, int threads)
    {
        using var use = CpuKernels.Enter(model.Kernels);
        var registry = ggml_backend_dev_backend_reg(ggml_backend_dev_by_type(CpuDevice));
        var create = (delegate* unmanaged[Cdecl]<ThreadPoolParams*, nint>)ggml_backend_reg_get_proc_address(registry, "ggml_threadpool_new");
        var free = (delegate* unmanaged[Cdecl]<nint, void>)ggml_backend_reg_get_proc_address(registry, "ggml_threadpool_free");
        if (create is null || free is null)
            return null;
        ThreadPoolParams parameters;
        ggml_threadpool_params_init(&parameters, threads);
        parameters.Poll = 0;
        var pool = new ThreadPoolHandle { _free = free };
        pool.SetHandle(create(&parameters));
        return pool.IsInvalid ? null : pool;
    }

    protected override bool ReleaseHandle()
    {
        _free(handle);
        return true;
    }

    [LibraryImport(LlamaLibrary.Name)] private static partial nint ggml_backend_dev_by_type(int type);
    [LibraryImport(LlamaLibrary.Name)] private static partial nint ggml_backend_dev_backend_reg(nint device);
    [LibraryImport(LlamaLibrary.Name, StringMarshalling = StringMarshalling.Utf8)] private static partial nint ggml_backend_reg_get_proc_address(nint registry, string name);
    [LibraryImport(LlamaLibrary.Name)] private static partial void ggml_threadpool_params_init(ThreadPoolParams* parameters, int threads);
}
