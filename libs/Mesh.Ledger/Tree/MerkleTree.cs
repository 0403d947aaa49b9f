using System.Numerics;
using System.Security.Cryptography;

namespace Mesh.Ledger.Tree;

/// <summary>The hash tree of RFC 6962, section 2.1: how leaves and nodes are hashed, and of which parts of a tree its proofs are made.</summary>
public static class MerkleTree
{
    private const byte LeafPrefix = 0, NodePrefix = 1;

    /// <summary>The root of a tree without leaves.</summary>
    public static Hash Empty { get; } = new(SHA256.HashData([]));

    public static Hash Leaf(ReadOnlySpan<byte> entry)
    {
        Span<byte> hash = stackalloc byte[Hash.Bytes];
        if (entry.Length < 1024)
        {
            Span<byte> prefixed = stackalloc byte[1 + entry.Length];
            prefixed[0] = LeafPrefix;
            entry.CopyTo(prefixed[1..]);
            SHA256.HashData(prefixed, hash);
            return new(hash);
        }
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData([LeafPrefix]);
        sha.AppendData(entry);
        sha.GetHashAndReset(hash);
        return new(hash);
    }

    public static Hash Node(Hash left, Hash right)
    {
        Span<byte> prefixed = stackalloc byte[1 + 2 * Hash.Bytes];
        prefixed[0] = NodePrefix;
        left.Span.CopyTo(prefixed[1..]);
        right.Span.CopyTo(prefixed[(1 + Hash.Bytes)..]);
        Span<byte> hash = stackalloc byte[Hash.Bytes];
        SHA256.HashData(prefixed, hash);
        return new(hash);
    }

    /// <summary>The root over hashes that are all of one level and, but for the last ones of a tree, complete.</summary>
    public static Hash Root(ReadOnlySpan<Hash> hashes)
    {
        if (hashes.Length < 2)
            return hashes.Length == 0 ? Empty : hashes[0];
        var left = (int)Split(hashes.Length);
        return Node(Root(hashes[..left]), Root(hashes[left..]));
    }

    /// <summary>The parts of a tree whose hashes prove that leaf <paramref name="index"/> is in it, from the leaf up to the root.</summary>
    public static IReadOnlyList<LeafRange> InclusionPath(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = new List<LeafRange>();
        for (var (start, end) = (0L, size); end - start > 1;)
        {
            var middle = start + Split(end - start);
            path.Add(index < middle ? new(middle, end) : new(start, middle));
            (start, end) = index < middle ? (start, middle) : (middle, end);
        }
        path.Reverse();
        return path;
    }

    /// <summary>The parts of a tree whose hashes prove that the tree of its first <paramref name="oldSize"/> leaves is its beginning. None for an empty tree and for itself.</summary>
    public static IReadOnlyList<LeafRange> ConsistencyPath(long oldSize, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(oldSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(oldSize, size);
        var path = new List<LeafRange>();
        if (oldSize == 0 || oldSize == size)
            return path;
        var (start, end) = (0L, size);
        while (end != oldSize)
        {
            var middle = start + Split(end - start);
            path.Add(oldSize <= middle ? new(middle, end) : new(start, middle));
            (start, end) = oldSize <= middle ? (start, middle) : (middle, end);
        }
        // Where the old tree is a complete subtree, who verifies has its hash: the old root.
        if (start > 0)
            path.Add(new(start, end));
        path.Reverse();
        return path;
    }

    /// <summary>The greatest power of two below <paramref name="count"/>.</summary>
    private static long Split(long count) => 1L << BitOperations.Log2((ulong)(count - 1));
}
