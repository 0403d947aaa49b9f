using System.Buffers.Binary;

namespace Mesh.Contracts.Experts;

/// <summary>
/// Wire form of texts to embed and of their vectors, little-endian. Texts: for each its number of tokens (u32), then the tokens (u32 each).
/// Vectors: the length of each (u32), then the values (f32 each), one vector after the other.
/// </summary>
public static class EmbeddingCodec
{
    /// <summary>Most texts in one call of the actor.</summary>
    public const int MostTexts = 32;

    /// <summary>Most tokens in one call, unless it is one text alone.</summary>
    public const int MostTokens = 4096;

    public static byte[] Write(IReadOnlyList<ReadOnlyMemory<int>> texts)
    {
        var bytes = new byte[texts.Sum(t => 4 + 4 * t.Length)];
        var at = 0;
        foreach (var text in texts)
        {
            Put(text.Length);
            foreach (var token in text.Span)
                Put(token);
        }
        return bytes;

        void Put(int value)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
            at += 4;
        }
    }

    /// <exception cref="ArgumentException">It is malformed, empty or beyond the bounds.</exception>
    public static IReadOnlyList<int[]> ReadTexts(ReadOnlySpan<byte> bytes)
    {
        var texts = new List<int[]>();
        var total = 0;
        while (bytes.Length > 0)
        {
            var length = bytes.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes);
            if (length <= 0 || length > (bytes.Length - 4) / 4)
                throw new ArgumentException("The texts to embed are malformed.");
            var tokens = new int[length];
            for (var i = 0; i < length; i++)
                tokens[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 + 4 * i)..]);
            texts.Add(tokens);
            total += length;
            bytes = bytes[(4 + 4 * length)..];
            if (texts.Count > MostTexts || (texts.Count > 1 && total > MostTokens))
                throw new ArgumentException($"At most {MostTexts} texts and {MostTokens} tokens are embedded at once.");
        }
        return texts.Count > 0 ? texts : throw new ArgumentException("There is no text to embed.");
    }

    public static byte[] Write(IReadOnlyList<float[]> vectors)
    {
        var length = vectors[0].Length;
        var bytes = new byte[4 + 4 * length * vectors.Count];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        for (var i = 0; i < vectors.Count; i++)
            for (var j = 0; j < length; j++)
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 + 4 * (i * length + j)), vectors[i][j]);
        return bytes;
    }

    /// <exception cref="ArgumentException">It does not hold <paramref name="count"/> vectors of finite numbers.</exception>
    public static float[][] ReadVectors(ReadOnlySpan<byte> bytes, int count)
    {
        var length = bytes.Length < 4 ? 0 : BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length <= 0 || bytes.Length - 4 != 4L * length * count)
            throw new ArgumentException($"The answer does not hold {count} vectors.");
        var vectors = new float[count][];
        for (var i = 0; i < count; i++)
        {
            vectors[i] = new float[length];
            for (var j = 0; j < length; j++)
                vectors[i][j] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 + 4 * (i * length + j))..]) is var value && float.IsFinite(value)
                    ? value
                    : throw new ArgumentException("A vector holds something that is no number.");
        }
        return vectors;
    }
}
