using Mesh.Inference.Gguf;
using Mesh.Inference.Native;

namespace Mesh.Inference.Tests.Gguf;

/// <summary>
/// Files from anywhere: whatever is wrong with one, it is refused with a reason or it loads; the process lives. libllama ends it for some of these, so
/// each of them goes the whole way, header check and libllama, in this very process.
/// </summary>
public sealed class HostileGgufTests
{
    private static readonly GgufBytes Good = new(TestModels.Arithmetic);

    [Fact]
    public void A_good_file_is_read_whole()
    {
        var file = GgufFile.Read(TestModels.Arithmetic);
        var facts = ModelFacts.Read(file);
        Assert.Equal(("llama", 4, 256, 8, 4, 512, 4096), (facts.Architecture, facts.Layers, facts.Embedding, facts.Heads, facts.KvHeads, facts.TrainedContext, facts.Vocabulary));
        Assert.Equal(2 * 4 * 4 * (32 + 32), facts.CacheBytesPerToken(file));
        Assert.Equal(39, file.Tensors.Count);
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("nowhere.gguf", Assert.Throws<ModelLoadException>(() => GgufFile.Read(Path.Combine(Path.GetTempPath(), "nowhere.gguf"))).Message);

    [Theory, InlineData(0), InlineData(3), InlineData(23), InlineData(24), InlineData(1000), InlineData(131_000), InlineData(200_000), InlineData(5_000_000)]
    public void A_cut_file_is_refused(int length)
    {
        using var file = new TemporaryFile().Write(Good.Copy().AsSpan(0, length));
        Assert.Throws<ModelLoadException>(() => ModelFacts.Read(GgufFile.Read(file.Path)));
    }

    [Theory]
    [InlineData("llama.block_count", 0u), InlineData("llama.block_count", 513u), InlineData("llama.block_count", 0x8000_0000u), InlineData("llama.block_count", uint.MaxValue)]
    [InlineData("llama.attention.head_count", 0u), InlineData("llama.attention.head_count", 7u), InlineData("llama.embedding_length", 0u)]
    [InlineData("llama.attention.head_count_kv", 0u), InlineData("llama.attention.head_count_kv", 3u), InlineData("llama.context_length", 0u)]
    public void An_impossible_shape_is_refused_by_name(string key, uint value)
    {
        using var file = new TemporaryFile().Write(Good.With(key, value));
        Assert.Throws<ModelLoadException>(() => ModelFacts.Read(GgufFile.Read(file.Path)));
    }

    [Theory, InlineData(float.NaN), InlineData(-1f), InlineData(float.PositiveInfinity), InlineData(float.NegativeInfinity)]
    public void An_impossible_epsilon_is_refused(float value)
    {
        using var file = new TemporaryFile().Write(Good.With("llama.attention.layer_norm_rms_epsilon", value));
        Assert.Contains("epsilon", Assert.Throws<ModelLoadException>(() => ModelFacts.Read(GgufFile.Read(file.Path))).Message);
    }

    [Theory, InlineData("output_norm.weight"), InlineData("blk.0.ffn_norm.weight"), InlineData("token_embd.weight")]
    public void Weights_of_whole_numbers_are_refused(string tensor)
    {
        using var file = new TemporaryFile().Write(Good.With(TypeOf(tensor), 26, 4));
        Assert.Throws<ModelLoadException>(() => ModelFacts.Read(GgufFile.Read(file.Path)));
    }

    [Fact]
    public void A_token_that_is_there_twice_is_refused()
    {
        var text = Good.Values["tokenizer.ggml.tokens"].Start + 12;
        var copy = Good.Copy();
        // Two tokens of one letter each, the second made the first.
        var at = text;
        var letters = new List<int>();
        while (letters.Count < 2)
        {
            var length = BitConverter.ToInt32(copy, at);
            if (length == 1)
                letters.Add(at + 8);
            at += 8 + length;
        }
        copy[letters[1]] = copy[letters[0]];
        using var file = new TemporaryFile().Write(copy);
        Assert.Contains("twice", Assert.Throws<ModelLoadException>(() => ModelFacts.Read(GgufFile.Read(file.Path))).Message);
    }

    [Fact]
    public void A_string_longer_than_any_sane_one_is_refused_before_memory_is_taken_for_it()
    {
        using var file = new TemporaryFile();
        // A sparse file of 8 GiB whose first key claims nearly all of it.
        using (var stream = File.Create(file.Path))
        {
            stream.Write(Good.With(24, 7UL << 30, 8).AsSpan(0, 64));
            stream.SetLength(8L << 30);
        }
        Assert.Throws<ModelLoadException>(() => GgufFile.Read(file.Path));
    }

    [Fact]
    public void No_changed_header_ends_the_process()
    {
        using var file = new TemporaryFile();
        var refused = 0;
        foreach (var mutant in Mutants())
        {
            file.Write(mutant);
            if (!Loads(file.Path))
                refused++;
        }
        Assert.InRange(refused, 300, int.MaxValue);
    }

    private static bool Loads(string path)
    {
        try
        {
            ModelFacts.Read(GgufFile.Read(path));
            using var model = ModelHandle.Load(path, vocabularyOnly: false, gpuLayers: 0, progress: null);
            return true;
        }
        catch (ModelLoadException)
        {
            return false;
        }
    }

    private static IEnumerable<byte[]> Mutants()
    {
        foreach (var (key, value) in Good.Values)
        {
            foreach (var number in (uint[])[0, 3, 0x7fff_ffff, 0x8000_0000, uint.MaxValue])
                if (value.Type is 4 or 5 or 6)
                    yield return Good.With(value.Start, number, 4);
            foreach (var type in (uint[])[0, 4, 6, 8, 9, 13])
                if (type != value.Type)
                    yield return Good.With(value.Start - 4, type, 4);
            if (value.Type is 8)
                yield return Good.With(value.Start, 1UL << 63, 8);
            if (value.Type is 9)
                foreach (var count in (ulong[])[0, 1, 1UL << 40, ulong.MaxValue])
                    yield return Good.With(value.Start + 4, count, 8);
            yield return Good.Without(key);
        }
        foreach (var at in Good.Tensors.Values.Take(6))
        {
            foreach (var size in (ulong[])[0, 1, 288, 1UL << 31, 1UL << 62, ulong.MaxValue])
                yield return Good.With(at + 4, size, 8);
            foreach (var dimensions in (ulong[])[0, 3, 5, uint.MaxValue])
                yield return Good.With(at, dimensions, 4);
        }
        foreach (var tensor in Good.Tensors.Keys.Take(4))
        {
            for (var type = 0UL; type < 45; type += 3)
                yield return Good.With(TypeOf(tensor), type, 4);
            foreach (var offset in (ulong[])[1, 1UL << 31, 1UL << 63, ulong.MaxValue - 31])
                yield return Good.With(TypeOf(tensor) + 4, offset, 8);
        }
        foreach (var count in (ulong[])[0, 1, 1UL << 32, ulong.MaxValue])
        {
            yield return Good.With(8, count, 8);
            yield return Good.With(16, count, 8);
        }
        var random = new Random(1);
        for (var n = 0; n < 60; n++)
        {
            var flipped = Good.Copy();
            for (var flips = 1 << random.Next(4); flips > 0; flips--)
                flipped[random.Next(Good.HeaderLength)] = (byte)random.Next(256);
            yield return flipped;
            yield return Good.Copy()[..random.Next(Good.Length)];
        }
    }

    private static int TypeOf(string tensor) => Good.Tensors[tensor] + 4 + (tensor.Contains("norm", StringComparison.Ordinal) ? 8 : 16);
}
