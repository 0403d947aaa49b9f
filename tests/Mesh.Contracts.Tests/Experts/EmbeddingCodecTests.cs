using Mesh.Contracts.Experts;

namespace Mesh.Contracts.Tests.Experts;

public sealed class EmbeddingCodecTests
{
    [Fact]
    public void Texts_and_vectors_survive_the_wire()
    {
        Assert.Equal([[1, 2, 3], [4]], EmbeddingCodec.ReadTexts(EmbeddingCodec.Write([new[] { 1, 2, 3 }, new[] { 4 }])));
        Assert.Equal([[0.5f, -1f], [2f, 0f]], EmbeddingCodec.ReadVectors(EmbeddingCodec.Write([[0.5f, -1f], [2f, 0f]]), 2));
    }

    [Fact]
    public void Malformed_and_excessive_texts_are_refused()
    {
        var good = EmbeddingCodec.Write([new[] { 1, 2, 3 }]);
        for (var cut = 0; cut < good.Length; cut++)
            Assert.Throws<ArgumentException>(() => EmbeddingCodec.ReadTexts(good.AsSpan(0, cut)));
        Assert.Throws<ArgumentException>(() => EmbeddingCodec.ReadTexts([255, 255, 255, 255, 0, 0, 0, 0]));
        Assert.Throws<ArgumentException>(() => EmbeddingCodec.ReadTexts([255, 255, 255, 127, 0, 0, 0, 0]));
        Assert.Throws<ArgumentException>(() => EmbeddingCodec.ReadTexts(EmbeddingCodec.Write([.. Enumerable.Repeat(new ReadOnlyMemory<int>([1]), EmbeddingCodec.MostTexts + 1)])));
        Assert.Throws<ArgumentException>(() => EmbeddingCodec.ReadTexts(EmbeddingCodec.Write([new int[EmbeddingCodec.MostTokens], new[] { 1 }])));
    }

    [Fact]
    public void Vectors_that_are_not_what_was_asked_for_are_refused()
    {
        var good = EmbeddingCodec.Write([[1f, 2f]]);
        Assert.Throws<ArgumentException>(() => EmbeddingCodec.ReadVectors(good, 2));
        Assert.Throws<ArgumentException>(() => EmbeddingCodec.ReadVectors(good.AsSpan(0, 9), 1));
        Assert.Throws<ArgumentException>(() => EmbeddingCodec.ReadVectors(EmbeddingCodec.Write([[float.NaN]]), 1));
        Assert.Throws<ArgumentException>(() => EmbeddingCodec.ReadVectors([255, 255, 255, 255], 1));
    }
}
