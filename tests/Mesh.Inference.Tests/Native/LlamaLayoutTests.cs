using System.Runtime.InteropServices;
using Mesh.Inference.Native;

namespace Mesh.Inference.Tests.Native;

/// <summary>Parameters on their way to a build and back; offsets are those of the builds' headers.</summary>
public sealed unsafe class LlamaLayoutTests
{
    [Fact]
    public void The_older_build_has_no_lazy_mode_and_what_follows_lies_before()
    {
        var p = new ModelParams { GpuLayers = 1, LoadMode = 2, LazyMode = 9, MainGpu = 3, TensorSplit = 4, ProgressUser = 5, KvOverrides = 6, VocabOnly = 7, LoadMtp = 8 };
        var native = LlamaLayout.Ggml018.Write(p);
        var bytes = new ReadOnlySpan<byte>(&native, sizeof(NativeModelParams));
        Assert.Equal((1, 2, 3), (Int(bytes, 16), Int(bytes, 24), Int(bytes, 28)));
        Assert.Equal((4L, 5L, 6L), (Long(bytes, 32), Long(bytes, 48), Long(bytes, 56)));
        Assert.Equal((7, 8), (bytes[64], bytes[69]));
        Assert.All(bytes[LlamaLayout.Ggml018.ModelBytes..].ToArray(), b => Assert.Equal(0, b));
        Assert.Equal(p with { LazyMode = 0 }, LlamaLayout.Ggml018.Read(native));
    }

    [Fact]
    public void The_older_build_has_no_outputs_per_sequence_and_what_follows_lies_before()
    {
        var p = new ContextParams
        {
            Cells = 1, MaxOutputs = 2, MaxOutputsPerSequence = 99, Threads = 3, BatchThreads = 4, Pooling = 5, FlashAttention = 6, RopeFrequencyBase = 7,
            DefragThreshold = 8, EvalCallback = 9, TypeK = 10, Embeddings = 11, UnifiedKv = 12, OtherContext = 13,
        };
        var native = LlamaLayout.Ggml018.Write(p);
        var bytes = new ReadOnlySpan<byte>(&native, sizeof(NativeContextParams));
        Assert.Equal((1, 2, 3, 4, 5, 6), (Int(bytes, 0), Int(bytes, 20), Int(bytes, 24), Int(bytes, 28), Int(bytes, 40), Int(bytes, 48)));
        Assert.Equal((7f, 8f), (MemoryMarshal.Read<float>(bytes[52..]), MemoryMarshal.Read<float>(bytes[80..])));
        Assert.Equal((9L, 10, 13L), (Long(bytes, 88), Int(bytes, 104), Long(bytes, 152)));
        Assert.Equal((11, 12), (bytes[128], bytes[133]));
        Assert.Equal(p with { MaxOutputsPerSequence = 0 }, LlamaLayout.Ggml018.Read(native));
    }

    [Fact]
    public void The_newer_build_has_them_as_they_are_here()
    {
        var model = new ModelParams { LazyMode = 9, MainGpu = 3, LoadMtp = 8 };
        var context = new ContextParams { MaxOutputsPerSequence = 99, Threads = 3, OtherContext = 13 };
        Assert.Equal(model, LlamaLayout.Ggml025.Read(LlamaLayout.Ggml025.Write(model)));
        Assert.Equal(context, LlamaLayout.Ggml025.Read(LlamaLayout.Ggml025.Write(context)));
    }

    [Fact]
    public void Another_version_is_refused_by_name_with_what_is_allowed()
    {
        Assert.Null(LlamaLayout.Of("0.19.0"));
        Assert.Same(LlamaLayout.Ggml018, LlamaLayout.Of("0.18.0"));
        Assert.Same(LlamaLayout.Ggml025, LlamaLayout.Of("0.25.1"));
        var refusal = LoadFault.OtherVersion("/llama", "0.19.0");
        Assert.All(["0.19.0", "0.18.0", "0.25.1", "MESH_LLAMA_DIR"], part => Assert.Contains(part, refusal));
    }

    private static int Int(ReadOnlySpan<byte> bytes, int at) => MemoryMarshal.Read<int>(bytes[at..]);

    private static long Long(ReadOnlySpan<byte> bytes, int at) => MemoryMarshal.Read<long>(bytes[at..]);
}
