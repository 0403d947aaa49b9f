using System.Runtime.Intrinsics.X86;
using Mesh.Inference.Native;
using Mesh.Inference.Tests.Decoding;

namespace Mesh.Inference.Tests.Native;

public sealed class CpuVariantTests
{
    [SkippableFact]
    public void Heads_of_32_numbers_take_the_kernels_that_are_made_for_them()
    {
        Skip.IfNot(Avx512F.IsSupported, "llama.cpp's own choice is right on this processor.");
        SkipWithoutVariants();
        Assert.Matches("^(alderlake|haswell)$", CpuVariant.Choose(CpuKernels.Variants, TestModels.Arithmetic).Name);
        Assert.Same(CpuKernels.Variants[0], CpuVariant.Choose(CpuKernels.Variants, modelPath: null));
    }

    [SkippableFact]
    public void Heads_of_64_numbers_leave_the_choice_to_llama_cpp()
    {
        SkipWithoutVariants();
        Assert.Same(CpuKernels.Variants[0], CpuVariant.Choose(CpuKernels.Variants, TestModels.SmolLm()));
    }

    [Fact]
    public void Where_the_kernels_are_linked_there_is_nothing_to_choose()
    {
        LlamaLibrary.EnsureLoaded();
        Assert.Equal(LlamaLibrary.Layout == LlamaLayout.Ggml018, CpuKernels.For(TestModels.Arithmetic) is null);
    }

    /// <summary>The same numbers as if each were alone in the process, whichever was loaded first; both stay open.</summary>
    [SkippableFact]
    public void Models_with_different_kernels_run_side_by_side_and_do_not_mind_the_order()
    {
        var (small, big) = (TestModels.Arithmetic, TestModels.SmolLm());
        int[] tokens = [5, 17, 30, 41];
        var (smallFirst, bigSecond) = Run(small, big);
        var (bigFirst, smallSecond) = Run(big, small);
        Assert.Equal(smallFirst, smallSecond);
        Assert.Equal(bigFirst, bigSecond);

        (double[] First, double[] Second) Run(string first, string second)
        {
            using var one = new BareLoop(first);
            using var two = new BareLoop(second);
            return (one.LogProbabilities(tokens)[^1], two.LogProbabilities(tokens)[^1]);
        }
    }

    [SkippableFact]
    public async Task Loads_for_different_kernels_wait_for_each_other_and_each_gets_its_own()
    {
        SkipWithoutVariants();
        Skip.If(CpuKernels.Variants.Count < 2, "One variant only runs on this processor.");
        var (widest, other) = (CpuKernels.Variants[0], CpuKernels.Variants[^1]);
        var inside = CpuKernels.Enter(widest);
        using (CpuKernels.Enter(variant: null)) { }
        var entered = Task.Factory.StartNew(() => CpuKernels.Enter(other).Dispose(), TaskCreationOptions.LongRunning);
        Assert.False(entered.IsCompleted);
        inside.Dispose();
        await entered.WaitAsync(TimeSpan.FromMinutes(1));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Factory.StartNew(
            () =>
            {
                using var loop = new BareLoop(TestModels.Embedded(TestModels.EmbeddedNames[n % 2]));
                for (var i = 0; i < 20; i++)
                    CpuKernels.Enter(i % 2 == 0 ? widest : other).Dispose();
                Assert.Equal(loop.VocabularySize, loop.LogProbabilities([5])[0].Length);
            },
            TaskCreationOptions.LongRunning))).WaitAsync(TimeSpan.FromMinutes(1));
    }

    private static void SkipWithoutVariants()
    {
        LlamaLibrary.EnsureLoaded();
        Skip.If(CpuKernels.Variants.Count == 0, $"{LlamaLibrary.Layout.Origin} has its kernels linked.");
    }
}
