using Mesh.Chorus.Positions;

namespace Mesh.Inference.Positions;

/// <summary>How far the keys of two sessions' caches are apart, told from the keys alone.</summary>
/// <param name="Offset">Positions that most of the tokens of both are later in the second; null: no token is in both, or no two agree.</param>
/// <param name="Tokens">Tokens that are in each once.</param>
/// <param name="Agreeing">Those of them that are apart by <paramref name="Offset"/>.</param>
/// <param name="Wrong">Those whose keys are not apart as the caches' own positions say.</param>
public sealed record CacheOffset(int? Offset, int Tokens, int Agreeing, int Wrong);

/// <summary>Whether the keys of a cache lie at the positions that it says.</summary>
/// <param name="Tokens">Pairs of one token at two positions; the others say nothing.</param>
/// <param name="Wrong">Pairs whose keys are not as far apart as their positions are, or are no copies of each other.</param>
public sealed record CacheCheck(int Tokens, int Wrong);

/// <summary>Compares keys by the inverse of their rotation.</summary>
/// <param name="most">Largest distance of two positions; less where the slowest pair of a key does not tell as many apart.</param>
internal sealed class CachePositions(Rope rope, int most)
{
    private readonly int _most = (int)Math.Min(most, Math.Ceiling(Math.PI / rope.Frequency(rope.PairCount - 1)) - 1);

    /// <summary>More pairs say nothing new.</summary>
    private const int MostPairs = 512;

    public CacheOffset Compare(SequenceKeys first, SequenceKeys second)
    {
        var (there, offsets, wrong) = (Once(second), new Dictionary<int, int>(), 0);
        var common = Once(first).Where(t => there.ContainsKey(t.Key)).Take(MostPairs).ToList();
        foreach (var (token, row) in common)
        {
            var other = there[token];
            var found = InverseRope.Find(rope, first.Row(row), second.Row(other), _most)?.Offset;
            if (found is { } offset)
                offsets[offset] = offsets.GetValueOrDefault(offset) + 1;
            if (found != second.Positions[other] - first.Positions[row])
                wrong++;
        }
        var best = offsets.OrderByDescending(o => o.Value).ThenBy(o => Math.Abs(o.Key)).FirstOrDefault();
        // One token may be apart by chance of the text; two by the same are a copy.
        return best.Value > 1 || (best.Value == 1 && common.Count == 1) ? new(best.Key, common.Count, best.Value, wrong) : new(null, common.Count, 0, wrong);
    }

    public CacheCheck Check(SequenceKeys keys)
    {
        var (last, pairs, wrong) = (new Dictionary<int, int>(), 0, 0);
        for (var row = 0; row < keys.Tokens.Length && pairs < MostPairs; row++)
        {
            if (last.TryGetValue(keys.Tokens[row], out var before))
            {
                pairs++;
                if (InverseRope.Find(rope, keys.Row(before), keys.Row(row), _most)?.Offset != keys.Positions[row] - keys.Positions[before])
                    wrong++;
            }
            last[keys.Tokens[row]] = row;
        }
        return new(pairs, wrong);
    }

    /// <summary>Rows of the tokens that are there once.</summary>
    private static Dictionary<int, int> Once(SequenceKeys keys) =>
        keys.Tokens.Select((token, row) => (token, row)).GroupBy(t => t.token).Where(g => g.Count() == 1).ToDictionary(g => g.Key, g => g.Single().row);
}
