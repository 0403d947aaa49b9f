using System.Runtime.InteropServices;

namespace Mesh.Inference.Native;

/// <summary>A context with its K/V cache. One thread at a time; keeps its model alive.</summary>
internal sealed unsafe partial class ContextHandle() : SafeHandle(0, ownsHandle: true)
{
    private ModelHandle? _model;

    public override bool IsInvalid => handle == 0;

    public static ContextParams DefaultParams() => LlamaLibrary.Layout.Read(llama_context_default_params());

    /// <exception cref="ModelLoadException">The context cannot be made, mostly for want of memory.</exception>
    public static ContextHandle Create(ModelHandle model, ContextParams parameters)
    {
        var held = false;
        model.DangerousAddRef(ref held);
        using var use = CpuKernels.Enter(model.Kernels);
        LlamaLog.TakeLastError();
        var context = llama_init_from_model(model, LlamaLibrary.Layout.Write(parameters));
        if (!context.IsInvalid)
        {
            context._model = model;
            return context;
        }
        context.Dispose();
        model.DangerousRelease();
        throw new ModelLoadException($"llama.cpp cannot make a context: {LlamaLog.TakeLastError() ?? "no reason given"}.");
    }

    public int Cells => (int)llama_n_ctx(this);

    public int BatchTokens => (int)llama_n_batch(this);

    public nint Memory => llama_get_memory(this);

    public DecodeResult Decode(Batch batch) => llama_decode(this, batch);

    /// <summary>The logits row of a batch entry whose output flag was set; valid until the next decode.</summary>
    public ReadOnlySpan<float> Logits(int batchIndex, int vocabulary) => new(llama_get_logits_ith(this, batchIndex), vocabulary);

    /// <summary>The pooled embedding of a sequence; valid until the next decode.</summary>
    public ReadOnlySpan<float> SequenceEmbedding(int sequence, int length) => new(llama_get_embeddings_seq(this, sequence), length);

    public bool Remove(int sequence, int from, int to = -1) => llama_memory_seq_rm(Memory, sequence, from, to) != 0;

    public void Share(int source, int target, int to) => llama_memory_seq_cp(Memory, source, target, 0, to);

    public int LastPosition(int sequence) => llama_memory_seq_pos_max(Memory, sequence);

    /// <summary>All that the cache holds of a sequence, in llama.cpp's own form.</summary>
    /// <exception cref="InvalidOperationException">llama.cpp could not write it.</exception>
    public byte[] State(int sequence)
    {
        var state = new byte[(int)llama_state_seq_get_size(this, sequence)];
        fixed (byte* bytes = state)
            if (llama_state_seq_get_data(this, bytes, (nuint)state.Length, sequence) != (nuint)state.Length)
                throw new InvalidOperationException($"llama.cpp could not write the state of sequence {sequence}.");
        return state;
    }

    public void Clear() => llama_memory_clear(Memory, 0);

    public void UseThreads(int threads) => llama_set_n_threads(this, threads, threads);

    public void Attach(ThreadPoolHandle pool) => llama_attach_threadpool(this, pool, pool);

    public void SetAdapters(ReadOnlySpan<nint> adapters, ReadOnlySpan<float> scales)
    {
        fixed (nint* a = adapters)
        fixed (float* s = scales)
            if (llama_set_adapters_lora(this, a, (nuint)adapters.Length, s) != 0)
                throw new ModelLoadException("llama.cpp refused the adapters.");
    }

    protected override bool ReleaseHandle()
    {
        llama_free(handle);
        _model?.DangerousRelease();
        return true;
    }

    [LibraryImport(LlamaLibrary.Name)] private static partial NativeContextParams llama_context_default_params();
    [LibraryImport(LlamaLibrary.Name)] private static partial ContextHandle llama_init_from_model(ModelHandle model, NativeContextParams parameters);
    [LibraryImport(LlamaLibrary.Name)] private static partial void llama_free(nint context);
    [LibraryImport(LlamaLibrary.Name)] private static partial uint llama_n_ctx(ContextHandle context);
    [LibraryImport(LlamaLibrary.Name)] private static partial uint llama_n_batch(ContextHandle context);
    [LibraryImport(LlamaLibrary.Name)] private static partial nint llama_get_memory(ContextHandle context);
    [LibraryImport(LlamaLibrary.Name)] private static partial DecodeResult llama_decode(ContextHandle context, Batch batch);
    [LibraryImport(LlamaLibrary.Name)] private static partial float* llama_get_logits_ith(ContextHandle context, int index);
    [LibraryImport(LlamaLibrary.Name)] private static partial float* llama_get_embeddings_seq(ContextHandle context, int sequence);
    [LibraryImport(LlamaLibrary.Name)] private static partial byte llama_memory_seq_rm(nint memory, int sequence, int from, int to);
    [LibraryImport(LlamaLibrary.Name)] private static partial void llama_memory_seq_cp(nint memory, int source, int target, int from, int to);
    [LibraryImport(LlamaLibrary.Name)] private static partial int llama_memory_seq_pos_max(nint memory, int sequence);
    [LibraryImport(LlamaLibrary.Name)] private static partial nuint llama_state_seq_get_size(ContextHandle context, int sequence);
    [LibraryImport(LlamaLibrary.Name)] private static partial nuint llama_state_seq_get_data(ContextHandle context, byte* state, nuint length, int sequence);
    [LibraryImport(LlamaLibrary.Name)] private static partial void llama_memory_clear(nint memory, byte data);
    [LibraryImport(LlamaLibrary.Name)] private static partial void llama_attach_threadpool(ContextHandle context, ThreadPoolHandle pool, ThreadPoolHandle batchPool);
    [LibraryImport(LlamaLibrary.Name)] private static partial void llama_set_n_threads(ContextHandle context, int threads, int batchThreads);
    [LibraryImport(LlamaLibrary.Name)] private static partial int llama_set_adapters_lora(ContextHandle context, nint* adapters, nuint count, float* scales);
}
