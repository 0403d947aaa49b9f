using System.Numerics;

namespace Mesh.Ledger.Tree;

/// <summary>Checks proofs without the tree (RFC 9162, 2.1.3.2 and 2.1.4.2). Any input is answered; none throws.</summary>
public static class MerkleProofs
{
    /// <summary>No tree of 2^63 leaves needs more hashes in a proof.</summary>
    public const int MostHashes = 63;

    /// <summary>Whether leaf <paramref name="index"/> of the tree of this size and root hashes to <paramref name="leaf"/>.</summary>
    public static bool IsIncluded(Hash leaf, long index, long size, IReadOnlyList<Hash> path, Hash root)
    {
        if (index < 0 || index >= size)
            return false;
        var (node, last, hash) = (index, size - 1, leaf);
        foreach (var sibling in path)
        {
            if (last == 0)
                return false;
            if ((node & 1) == 1 || node == last)
            {
                hash = MerkleTree.Node(sibling, hash);
                var levels = (node & 1) == 1 ? 0 : BitOperations.TrailingZeroCount(node);
                (node, last) = (node >> levels, last >> levels);
            }
            else
                hash = MerkleTree.Node(hash, sibling);
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 && hash == root;
    }

    /// <summary>Whether the tree of <paramref name="oldSize"/> leaves is the beginning of the other.</summary>
    public static bool IsConsistent(long oldSize, Hash oldRoot, long size, Hash root, IReadOnlyList<Hash> path)
    {
        if (oldSize < 0 || oldSize > size)
            return false;
        if (oldSize == size || oldSize == 0)
            return path.Count == 0 && (oldSize == size ? oldRoot == root : oldRoot == MerkleTree.Empty) && (size > 0 || root == MerkleTree.Empty);
        var isComplete = BitOperations.IsPow2(oldSize);
        if (path.Count == 0)
            return false;
        var shift = BitOperations.TrailingZeroCount(oldSize);
        var (node, last) = ((oldSize - 1) >> shift, (size - 1) >> shift);
        var (oldHash, hash) = isComplete ? (oldRoot, oldRoot) : (path[0], path[0]);
        foreach (var sibling in path.Skip(isComplete ? 0 : 1))
        {
            if (last == 0)
                return false;
            if ((node & 1) == 1 || node == last)
            {
                (oldHash, hash) = (MerkleTree.Node(sibling, oldHash), MerkleTree.Node(sibling, hash));
                var levels = (node & 1) == 1 || node == 0 ? 0 : BitOperations.TrailingZeroCount(node);
                (node, last) = (node >> levels, last >> levels);
            }
            else
                hash = MerkleTree.Node(hash, sibling);
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 && oldHash == oldRoot && hash == root;
    }
}
