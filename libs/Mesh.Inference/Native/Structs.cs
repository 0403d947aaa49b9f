using System.Runtime.InteropServices;

namespace Mesh.Inference.Native;

/// <summary>llama_model_params with every field that a known build has; its bytes lie as in ggml 0.25.1 (<see cref="LlamaLayout"/>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ModelParams
{
    public nint Devices;
    public nint TensorBufferOverrides;
    public int GpuLayers;
    public int SplitMode;
    public int LoadMode;
    public int LazyMode;
    public int MainGpu;
    public nint TensorSplit;
    public delegate* unmanaged[Cdecl]<float, nint, byte> ProgressCallback;
    public nint ProgressUser;
    public nint KvOverrides;
    public byte VocabOnly;
    public byte CheckTensors;
    public byte UseExtraBuffers;
    public byte NoHost;
    public byte NoAlloc;
    public byte LoadMtp;
}

/// <summary>llama_context_params with every field that a known build has; its bytes lie as in ggml 0.25.1 (<see cref="LlamaLayout"/>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ContextParams
{
    public uint Cells;
    public uint BatchTokens;
    public uint MicroBatchTokens;
    public uint MaxSequences;
    public uint RecurrentSnapshots;
    public uint MaxOutputs;
    public uint MaxOutputsPerSequence;
    public int Threads;
    public int BatchThreads;
    public int ContextType;
    public int RopeScaling;
    public int Pooling;
    public int Attention;
    public int FlashAttention;
    public float RopeFrequencyBase;
    public float RopeFrequencyScale;
    public float YarnExtension;
    public float YarnAttention;
    public float YarnBetaFast;
    public float YarnBetaSlow;
    public uint YarnOriginalContext;
    public float DefragThreshold;
    public nint EvalCallback;
    public nint EvalUser;
    public int TypeK;
    public int TypeV;
    public delegate* unmanaged[Cdecl]<nint, byte> AbortCallback;
    public nint AbortUser;
    public byte Embeddings;
    public byte OffloadKqv;
    public byte NoPerf;
    public byte OpOffload;
    public byte SwaFull;
    public byte UnifiedKv;
    public nint Samplers;
    public nuint SamplerCount;
    public nint OtherContext;
}

/// <summary>
/// llama_model_params as the loaded build lays it out. A build with fewer bytes reads and writes the first of them: structs of this size go on the stack or by
/// reference in every calling convention, never in registers.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeModelParams
{
    public fixed long Words[10];
}

/// <summary>llama_context_params as the loaded build lays it out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeContextParams
{
    public fixed long Words[20];
}

/// <summary>llama_batch; 56 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Batch
{
    public int TokenCount;
    public int* Tokens;
    public float* Embeddings;
    public int* Positions;
    public int* SequenceCounts;
    public int** Sequences;
    public byte* Outputs;
}

/// <summary>llama_chat_message; 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ChatMessage
{
    public nint Role;
    public nint Content;
}

/// <summary>ggml_threadpool_params; 528 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ThreadPoolParams
{
    public fixed byte CpuMask[512];
    public int Threads;
    public int Priority;
    /// <summary>0 sleeps at once, 100 spins for long while there is nothing to do.</summary>
    public uint Poll;
    public byte StrictCpu;
    public byte Paused;
}

/// <summary>What llama_decode answers.</summary>
internal enum DecodeResult
{
    Ok = 0,
    NoRoom = 1,
    Aborted = 2,
    InvalidBatch = -1,
    PrepareFailed = -2,
    ComputeFailed = -3,
}
