using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Mesh.Contracts.Steps;

namespace Mesh.Inference.Sparse;

/// <summary>
/// Cuts a logits row down to the tokens that matter. One instance per decode loop: it owns its scratch, so a row costs no allocation.
/// Kept are the most probable tokens, at most <see cref="StepLimits.Entries"/>, none more than <see cref="Range"/> nats under the best, and no
/// more than it takes to leave at most <see cref="TailBound"/> of the mass unlisted. Beyond the first <see cref="Least"/>, tokens less probable than
/// <see cref="Floor"/> are left to the tail: a draw that is meant to make sense never takes them (epsilon sampling, Hewitt et al., EMNLP 2022), and they were
/// a third of the bytes.
/// </summary>
/// <param name="floor">Another floor than <see cref="Floor"/>, to measure what that one costs.</param>
internal sealed class TopTokens(float floor = TopTokens.Floor)
{
    public const float Range = 12f;
    public const float TailBound = 5e-4f;
    public const float Floor = 4e-4f;
    public const int Least = 32;

    private const int Buffer = 4 * StepLimits.Entries;
    private readonly float[] _logits = new float[Buffer];
    private readonly int[] _ids = new int[Buffer];
    private readonly float _logFloor = MathF.Log(floor);
    private int _count;

    /// <summary>Fills <paramref name="into"/>, ids ascending, log-probabilities normalised by <paramref name="logSumExp"/>; answers the best token.</summary>
    public int Extract(ReadOnlySpan<float> row, float max, float logSumExp, SparseDistribution into)
    {
        Gather(row, max - Range);
        if (_count > StepLimits.Entries)
            Compact();
        // Descending, to know where enough mass is listed: the negated ones ascending, because a comparison of one's own costs an allocation.
        var logits = _logits.AsSpan(0, _count);
        TensorPrimitives.Negate(logits, logits);
        logits.Sort(_ids.AsSpan(0, _count));
        TensorPrimitives.Negate(logits, logits);
        var best = _ids[0];
        var (mass, kept) = (0f, 0);
        var least = logSumExp + _logFloor;
        while (kept < _count && mass < 1f - TailBound && (kept < Least || _logits[kept] >= least))
            mass += MathF.Exp(_logits[kept++] - logSumExp);
        _ids.AsSpan(0, kept).Sort(_logits.AsSpan(0, kept));
        for (var i = 0; i < kept; i++)
            into.Add(_ids[i], MathF.Min(0f, _logits[i] - logSumExp));
        into.Tail = Math.Clamp(1f - mass, 0f, 1f);
        return best;
    }

    /// <summary>All tokens above a threshold that rises whenever the buffer is full, so that a flat row costs little more than a steep one.</summary>
    private void Gather(ReadOnlySpan<float> row, float threshold)
    {
        _count = 0;
        var vectors = MemoryMarshal.Cast<float, Vector256<float>>(row);
        var bar = Vector256.Create(threshold);
        for (var v = 0; v < vectors.Length; v++)
        {
            var above = Vector256.GreaterThanOrEqual(vectors[v], bar).ExtractMostSignificantBits();
            if (above == 0)
                continue;
            for (var start = v * Vector256<float>.Count; above != 0; above &= above - 1)
            {
                var id = start + BitOperations.TrailingZeroCount(above);
                Keep(id, row[id]);
            }
            if (_count <= Buffer - Vector256<float>.Count)
                continue;
            threshold = Compact();
            bar = Vector256.Create(threshold);
        }
        for (var j = vectors.Length * Vector256<float>.Count; j < row.Length; j++)
        {
            if (!(row[j] >= threshold))
                continue;
            if (_count == Buffer)
                threshold = Compact();
            Keep(j, row[j]);
        }
    }

    private void Keep(int id, float logit) => (_ids[_count], _logits[_count++]) = (id, logit);

    /// <summary>Leaves the greatest <see cref="StepLimits.Entries"/> (quickselect) and answers the least of them.</summary>
    private float Compact()
    {
        const int Wanted = StepLimits.Entries;
        var (low, high) = (0, _count - 1);
        while (low < high)
        {
            var pivot = Median(_logits[low], _logits[(low + high) >> 1], _logits[high]);
            var (i, j) = (low, high);
            while (i <= j)
            {
                while (_logits[i] > pivot)
                    i++;
                while (_logits[j] < pivot)
                    j--;
                if (i > j)
                    break;
                (_logits[i], _logits[j]) = (_logits[j], _logits[i]);
                (_ids[i], _ids[j]) = (_ids[j], _ids[i]);
                i++;
                j--;
            }
            if (Wanted - 1 <= j)
                high = j;
            else if (Wanted - 1 >= i)
                low = i;
            else
                break;
        }
        _count = Wanted;
        var least = float.PositiveInfinity;
        foreach (var logit in _logits.AsSpan(0, Wanted))
            least = MathF.Min(least, logit);
        return least;
    }

    private static float Median(float a, float b, float c) => MathF.Max(MathF.Min(a, b), MathF.Min(MathF.Max(a, b), c));
}
