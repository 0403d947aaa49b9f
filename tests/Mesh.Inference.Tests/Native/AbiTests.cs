using Mesh.Inference.Native;

namespace Mesh.Inference.Tests.Native;

/// <summary>The structs as the known builds of llama.cpp lay them out; no model needed.</summary>
public sealed unsafe class AbiTests
{
    [Fact]
    public void Structs_have_the_sizes_of_the_known_builds()
    {
        Assert.Equal((80, 80), (sizeof(ModelParams), sizeof(NativeModelParams)));
        Assert.Equal((160, 160), (sizeof(ContextParams), sizeof(NativeContextParams)));
        Assert.Equal(56, sizeof(Batch));
        Assert.Equal(16, sizeof(ChatMessage));
        Assert.Equal(528, sizeof(ThreadPoolParams));
    }

    [Fact]
    public void Model_parameters_lie_as_in_ggml_0_25()
    {
        ModelParams p;
        Assert.Equal(
            [(16, "gpu layers"), (20, "split mode"), (24, "load mode"), (28, "lazy mode"), (32, "main gpu"), (40, "tensor split"), (48, "progress"),
                (56, "progress user"), (64, "overrides"), (72, "vocabulary only"), (73, "check"), (74, "extra buffers"), (75, "no host"), (76, "no alloc"), (77, "mtp")],
            (List<(int, string)>)
            [
                (At(&p, &p.GpuLayers), "gpu layers"), (At(&p, &p.SplitMode), "split mode"), (At(&p, &p.LoadMode), "load mode"), (At(&p, &p.LazyMode), "lazy mode"),
                (At(&p, &p.MainGpu), "main gpu"), (At(&p, &p.TensorSplit), "tensor split"), (At(&p, &p.ProgressCallback), "progress"),
                (At(&p, &p.ProgressUser), "progress user"), (At(&p, &p.KvOverrides), "overrides"), (At(&p, &p.VocabOnly), "vocabulary only"),
                (At(&p, &p.CheckTensors), "check"), (At(&p, &p.UseExtraBuffers), "extra buffers"), (At(&p, &p.NoHost), "no host"), (At(&p, &p.NoAlloc), "no alloc"),
                (At(&p, &p.LoadMtp), "mtp"),
            ]);
    }

    [Fact]
    public void Context_parameters_lie_as_in_ggml_0_25()
    {
        ContextParams p;
        Assert.Equal(
            [(0, "cells"), (12, "sequences"), (20, "outputs"), (28, "threads"), (36, "type"), (44, "pooling"), (52, "flash"), (56, "rope base"), (80, "yarn context"),
                (84, "defrag"), (88, "eval"), (104, "K"), (108, "V"), (112, "abort"), (120, "abort user"), (128, "embeddings"), (130, "no perf"), (132, "swa"),
                (133, "unified"), (136, "samplers"), (152, "other")],
            (List<(int, string)>)
            [
                (At(&p, &p.Cells), "cells"), (At(&p, &p.MaxSequences), "sequences"), (At(&p, &p.MaxOutputs), "outputs"), (At(&p, &p.Threads), "threads"),
                (At(&p, &p.ContextType), "type"), (At(&p, &p.Pooling), "pooling"), (At(&p, &p.FlashAttention), "flash"), (At(&p, &p.RopeFrequencyBase), "rope base"),
                (At(&p, &p.YarnOriginalContext), "yarn context"), (At(&p, &p.DefragThreshold), "defrag"), (At(&p, &p.EvalCallback), "eval"), (At(&p, &p.TypeK), "K"),
                (At(&p, &p.TypeV), "V"), (At(&p, &p.AbortCallback), "abort"), (At(&p, &p.AbortUser), "abort user"), (At(&p, &p.Embeddings), "embeddings"),
                (At(&p, &p.NoPerf), "no perf"), (At(&p, &p.SwaFull), "swa"), (At(&p, &p.UnifiedKv), "unified"), (At(&p, &p.Samplers), "samplers"),
                (At(&p, &p.OtherContext), "other"),
            ]);
    }

    [Fact]
    public void Batches_and_thread_pools_lie_where_all_known_builds_have_them()
    {
        Batch b;
        Assert.Equal([0, 8, 16, 24, 32, 40, 48],
            [At(&b, &b.TokenCount), At(&b, &b.Tokens), At(&b, &b.Embeddings), At(&b, &b.Positions), At(&b, &b.SequenceCounts), At(&b, &b.Sequences), At(&b, &b.Outputs)]);
        ThreadPoolParams t;
        Assert.Equal([512, 516, 520, 524, 525], [At(&t, &t.Threads), At(&t, &t.Priority), At(&t, &t.Poll), At(&t, &t.StrictCpu), At(&t, &t.Paused)]);
    }

    [Fact]
    public void The_library_is_a_known_build_shows_its_defaults_and_names_its_kernels()
    {
        LlamaLibrary.EnsureLoaded();
        Assert.Contains(LlamaLibrary.Layout, LlamaLayout.Known);
        Assert.Contains("CPU", LlamaLibrary.SystemInfo);
        Assert.Equal(-1, ModelHandle.DefaultParams().GpuLayers);
        Assert.Equal((512u, 2048u, -1), (ContextHandle.DefaultParams().Cells, ContextHandle.DefaultParams().BatchTokens, ContextHandle.DefaultParams().Pooling));
    }

    [Fact]
    public void A_context_keeps_its_model_alive()
    {
        var model = ModelHandle.Load(TestModels.Arithmetic, vocabularyOnly: false, gpuLayers: 0, progress: null);
        var context = ContextHandle.Create(model, ContextHandle.DefaultParams());
        model.Dispose();
        Assert.False(context.IsClosed);
        Assert.Equal(512, context.Cells);
        var token = 5;
        Assert.Equal(DecodeResult.Ok, context.Decode(new Batch { TokenCount = 1, Tokens = &token }));
        Assert.Equal(4096, context.Logits(-1, 4096).Length);
        context.Dispose();
    }

    private static int At(void* start, void* field) => (int)((byte*)field - (byte*)start);
}
