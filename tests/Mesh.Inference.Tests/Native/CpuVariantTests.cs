using System.Runtime.Intrinsics.X86;
using Mesh.Inference.Native;

namespace Mesh.Inference.Tests.Native;

public sealed class CpuVariantTests
{
    [SkippableFact]
    public void Heads_of_32_numbers_take_the_kernels_that_are_made_for_them()
    {
        LlamaLibrary.EnsureLoaded(TestModels.Arithmetic);
        Skip.IfNot(Avx512F.IsSupported, "llama.cpp's own choice is right on this processor.");
        Assert.Matches("ggml-cpu-(alderlake|haswell)", CpuVariant.Choose(LlamaLibrary.Folder!, TestModels.Arithmetic));
        Assert.Null(CpuVariant.Choose(LlamaLibrary.Folder!, modelPath: null));
    }

    [SkippableFact]
    public void Heads_of_64_numbers_leave_the_choice_to_llama_cpp()
    {
        LlamaLibrary.EnsureLoaded();
        Assert.Null(CpuVariant.Choose(LlamaLibrary.Folder!, TestModels.SmolLm()));
    }
}
