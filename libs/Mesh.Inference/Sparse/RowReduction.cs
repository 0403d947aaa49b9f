using System.Numerics;
using System.Runtime.InteropServices;

namespace Mesh.Inference.Sparse;

/// <summary>What one logits row says as a whole: in SIMD of whatever width the processor has, one pass for the maximum, one for the sum.</summary>
internal static class RowReduction
{
    /// <summary>Natural log of the sum of exponentials of all logits; NaN when any logit is NaN, infinite when any is.</summary>
    public static float LogSumExp(ReadOnlySpan<float> row, out float max)
    {
        max = Max(row);
        if (!float.IsFinite(max))
            return float.NaN;
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(row);
        var shift = new Vector<float>(max);
        var (a, b) = (Vector<float>.Zero, Vector<float>.Zero);
        var i = 0;
        for (; i + 1 < vectors.Length; i += 2)
        {
            a += Vector.Exp(vectors[i] - shift);
            b += Vector.Exp(vectors[i + 1] - shift);
        }
        if (i < vectors.Length)
            a += Vector.Exp(vectors[i] - shift);
        var sum = Vector.Sum(a + b);
        for (var j = vectors.Length * Vector<float>.Count; j < row.Length; j++)
            sum += MathF.Exp(row[j] - max);
        return max + MathF.Log(sum);
    }

    private static float Max(ReadOnlySpan<float> row)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(row);
        var greatest = new Vector<float>(float.NegativeInfinity);
        foreach (ref readonly var vector in vectors)
            greatest = Vector.Max(greatest, vector);
        var max = float.NegativeInfinity;
        for (var lane = 0; lane < Vector<float>.Count; lane++)
            max = MathF.Max(max, greatest[lane]);
        for (var j = vectors.Length * Vector<float>.Count; j < row.Length; j++)
            max = MathF.Max(max, row[j]);
        return max;
    }
}
