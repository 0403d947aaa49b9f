using System.Numerics;

namespace Mesh.Ledger.Tree;

/// <summary>A complete subtree: the 2^<paramref name="Level"/> leaves from <paramref name="Index"/> · 2^<paramref name="Level"/> on. Its hash never changes.</summary>
public readonly record struct Subtree(int Level, long Index);

/// <summary>The leaves from <paramref name="Start"/> to before <paramref name="End"/>, as RFC 6962 cuts a tree into parts.</summary>
public readonly record struct LeafRange(long Start, long End)
{
    /// <summary>The fewest complete subtrees that it is made of, left to right.</summary>
    public IEnumerable<Subtree> Subtrees()
    {
        for (var at = Start; at < End;)
        {
            var fits = BitOperations.Log2((ulong)(End - at));
            var level = at == 0 ? fits : Math.Min(fits, BitOperations.TrailingZeroCount(at));
            yield return new(level, at >> level);
            at += 1L << level;
        }
    }

    /// <summary>The hash over it, from those of its complete subtrees.</summary>
    public Hash Hash(Func<Subtree, Hash> read)
    {
        var hashes = Subtrees().Select(read).ToArray();
        if (hashes.Length == 0)
            return MerkleTree.Empty;
        var hash = hashes[^1];
        for (var i = hashes.Length - 2; i >= 0; i--)
            hash = MerkleTree.Node(hashes[i], hash);
        return hash;
    }
}
