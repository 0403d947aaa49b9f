using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mesh.Inference.Sparse;

/// <summary>What one logits row says as a whole, in the widest SIMD of the processor: one pass for the maximum, one for the sum of exponentials.</summary>
internal static class RowReduction
{
    /// <summary>Below this e^x adds nothing to a sum that has a term of 1, and the exponent would underflow.</summary>
    private const float Least = -87f;
    private const float Log2E = 1.44269504f;
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    /// <summary>Natural log of the sum of exponentials of all logits; no finite number when any of them is NaN or +infinite, or none is finite.</summary>
    public static float LogSumExp(ReadOnlySpan<float> row, out float max)
    {
        if (!Vector512.IsHardwareAccelerated)
            return LogSumExp256(row, out max);
        var vectors = MemoryMarshal.Cast<float, Vector512<float>>(row);
        var rest = row[(vectors.Length * Vector512<float>.Count)..];
        var (m0, m1) = (Vector512.Create(float.NegativeInfinity), Vector512.Create(float.NegativeInfinity));
        var i = 0;
        for (; i + 1 < vectors.Length; i += 2)
            (m0, m1) = (Vector512.MaxNative(m0, vectors[i]), Vector512.MaxNative(m1, vectors[i + 1]));
        for (; i < vectors.Length; i++)
            m0 = Vector512.MaxNative(m0, vectors[i]);
        m0 = Vector512.MaxNative(m0, m1);
        max = MaxOf(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<Vector512<float>, float>(ref m0), Vector512<float>.Count), rest);
        var shift = Vector512.Create(max);
        var (s0, s1) = (Vector512<float>.Zero, Vector512<float>.Zero);
        for (i = 0; i + 1 < vectors.Length; i += 2)
            (s0, s1) = (s0 + Exp(vectors[i] - shift), s1 + Exp(vectors[i + 1] - shift));
        for (; i < vectors.Length; i++)
            s0 += Exp(vectors[i] - shift);
        return Finish(Vector512.Sum(s0 + s1), rest, max);
    }

    /// <summary>The same in halves, for processors without 512 bits.</summary>
    internal static float LogSumExp256(ReadOnlySpan<float> row, out float max)
    {
        var vectors = MemoryMarshal.Cast<float, Vector256<float>>(row);
        var rest = row[(vectors.Length * Vector256<float>.Count)..];
        var (m0, m1) = (Vector256.Create(float.NegativeInfinity), Vector256.Create(float.NegativeInfinity));
        var i = 0;
        for (; i + 1 < vectors.Length; i += 2)
            (m0, m1) = (Vector256.MaxNative(m0, vectors[i]), Vector256.MaxNative(m1, vectors[i + 1]));
        for (; i < vectors.Length; i++)
            m0 = Vector256.MaxNative(m0, vectors[i]);
        m0 = Vector256.MaxNative(m0, m1);
        max = MaxOf(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<Vector256<float>, float>(ref m0), Vector256<float>.Count), rest);
        var shift = Vector256.Create(max);
        var (s0, s1) = (Vector256<float>.Zero, Vector256<float>.Zero);
        for (i = 0; i + 1 < vectors.Length; i += 2)
            (s0, s1) = (s0 + Exp(vectors[i] - shift), s1 + Exp(vectors[i + 1] - shift));
        for (; i < vectors.Length; i++)
            s0 += Exp(vectors[i] - shift);
        return Finish(Vector256.Sum(s0 + s1), rest, max);
    }

    private static float MaxOf(ReadOnlySpan<float> lanes, ReadOnlySpan<float> rest)
    {
        var max = float.NegativeInfinity;
        foreach (var value in lanes)
            max = MathF.Max(max, value);
        foreach (var value in rest)
            max = MathF.Max(max, value);
        return max;
    }

    private static float Finish(float sum, ReadOnlySpan<float> rest, float max)
    {
        foreach (var value in rest)
            sum += MathF.Exp(value - max);
        return max + MathF.Log(sum);
    }

    // e^x for x <= 0 to about 2 units in the last place (Cephes expf): 2^n from the exponent bits, the rest by a polynomial. The library's own widens to
    // double, at twice the time. A maximum may miss a NaN, but a NaN survives to the sum here.

    private static Vector512<float> Exp(Vector512<float> x)
    {
        x = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(Least)), Vector512.Create(Least), x);
        var n = Vector512.Round(x * Log2E);
        var f = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x));
        var p = Vector512.FusedMultiplyAdd(Vector512.Create(1.9875691500e-4f), f, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p * f, f, f + Vector512<float>.One);
        return p * Vector512.ShiftLeft(Vector512.ConvertToInt32Native(n) + Vector512.Create(127), 23).AsSingle();
    }

    private static Vector256<float> Exp(Vector256<float> x)
    {
        x = Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(Least)), Vector256.Create(Least), x);
        var n = Vector256.Round(x * Log2E);
        var f = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2Low), Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2High), x));
        var p = Vector256.FusedMultiplyAdd(Vector256.Create(1.9875691500e-4f), f, Vector256.Create(1.3981999507e-3f));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(8.3334519073e-3f));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(4.1665795894e-2f));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(1.6666665459e-1f));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(5.0000001201e-1f));
        p = Vector256.FusedMultiplyAdd(p * f, f, f + Vector256<float>.One);
        return p * Vector256.ShiftLeft(Vector256.ConvertToInt32Native(n) + Vector256.Create(127), 23).AsSingle();
    }
}
