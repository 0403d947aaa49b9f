using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Inference.Native;

/// <summary>A loaded model. Contexts and adapters made of it keep it alive.</summary>
internal sealed unsafe partial class ModelHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    /// <summary>The CPU kernels it computes with; null where the build has one set.</summary>
    public CpuVariant? Kernels { get; private set; }

    public static ModelParams DefaultParams() => LlamaLibrary.Layout.Read(llama_model_default_params());

    /// <param name="progress">Gets 0 to 1; answering false cancels.</param>
    /// <exception cref="ModelLoadException">llama.cpp refused the file, or loading was cancelled.</exception>
    public static ModelHandle Load(string path, bool vocabularyOnly, int gpuLayers, Func<float, bool>? progress)
    {
        LlamaLibrary.EnsureLoaded();
        var parameters = DefaultParams();
        parameters.VocabOnly = vocabularyOnly ? (byte)1 : (byte)0;
        parameters.GpuLayers = gpuLayers;
        var user = progress is null ? default : GCHandle.Alloc(progress);
        try
        {
            if (progress is not null)
            {
                parameters.ProgressCallback = &OnProgress;
                parameters.ProgressUser = GCHandle.ToIntPtr(user);
            }
            var kernels = vocabularyOnly ? null : CpuKernels.For(path);
            using var use = CpuKernels.Enter(kernels);
            LlamaLog.TakeLastError();
            var model = llama_model_load_from_file(path, LlamaLibrary.Layout.Write(parameters));
            model.Kernels = kernels;
            if (!model.IsInvalid)
                return model;
            model.Dispose();
            throw new ModelLoadException($"llama.cpp cannot load '{Path.GetFileName(path)}': {LlamaLog.TakeLastError() ?? "no reason given"}.");
        }
        finally
        {
            if (user.IsAllocated)
                user.Free();
        }
    }

    /// <summary>The vocabulary; valid while this handle is.</summary>
    public nint Vocabulary => llama_model_get_vocab(this);

    public int TrainedContext => llama_model_n_ctx_train(this);

    public int EmbeddingLength => llama_model_n_embd(this);

    public long Size => (long)llama_model_size(this);

    public long Parameters => (long)llama_model_n_params(this);

    public string? ChatTemplate => llama_model_chat_template(this, 0) is var text and not 0 ? LlamaLibrary.Text(text) : null;

    public bool HasDecoder => llama_model_has_decoder(this) != 0 && llama_model_has_encoder(this) == 0;

    /// <summary>Its memory is a state, at least in part: it can be dropped whole but not cut or shared in the middle.</summary>
    public bool IsRecurrent => llama_model_is_recurrent(this) != 0 || llama_model_is_hybrid(this) != 0;

    /// <summary>llama_rope_type: 0 turns adjacent numbers, 2 halves.</summary>
    public int RopeType => llama_model_rope_type(this);

    protected override bool ReleaseHandle()
    {
        llama_model_free(handle);
        return true;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte OnProgress(float share, nint user)
    {
        try
        {
            return ((Func<float, bool>)GCHandle.FromIntPtr(user).Target!)(share) ? (byte)1 : (byte)0;
        }
        catch (Exception)
        {
            return 0;
        }
    }

    [LibraryImport(LlamaLibrary.Name)] private static partial NativeModelParams llama_model_default_params();
    [LibraryImport(LlamaLibrary.Name, StringMarshalling = StringMarshalling.Utf8)] private static partial ModelHandle llama_model_load_from_file(string path, NativeModelParams parameters);
    [LibraryImport(LlamaLibrary.Name)] private static partial void llama_model_free(nint model);
    [LibraryImport(LlamaLibrary.Name)] private static partial nint llama_model_get_vocab(ModelHandle model);
    [LibraryImport(LlamaLibrary.Name)] private static partial int llama_model_n_ctx_train(ModelHandle model);
    [LibraryImport(LlamaLibrary.Name)] private static partial int llama_model_n_embd(ModelHandle model);
    [LibraryImport(LlamaLibrary.Name)] private static partial ulong llama_model_size(ModelHandle model);
    [LibraryImport(LlamaLibrary.Name)] private static partial ulong llama_model_n_params(ModelHandle model);
    [LibraryImport(LlamaLibrary.Name)] private static partial nint llama_model_chat_template(ModelHandle model, nint name);
    [LibraryImport(LlamaLibrary.Name)] private static partial byte llama_model_is_recurrent(ModelHandle model);
    [LibraryImport(LlamaLibrary.Name)] private static partial byte llama_model_is_hybrid(ModelHandle model);
    [LibraryImport(LlamaLibrary.Name)] private static partial byte llama_model_has_encoder(ModelHandle model);
    [LibraryImport(LlamaLibrary.Name)] private static partial int llama_model_rope_type(ModelHandle model);
    [LibraryImport(LlamaLibrary.Name)] private static partial byte llama_model_has_decoder(ModelHandle model);
}
