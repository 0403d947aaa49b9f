using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Tests.Tree;

/// <summary>All complete subtrees over leaves in memory, level by level.</summary>
internal sealed class Reference
{
    private readonly List<Hash[]> _levels;

    public Reference(Hash[] leaves)
    {
        _levels = [leaves];
        while (_levels[^1] is { Length: > 1 } below)
            _levels.Add([.. below.Chunk(2).Where(pair => pair.Length == 2).Select(pair => MerkleTree.Node(pair[0], pair[1]))]);
    }

    public static Hash[] Leaves(int count) => [.. Enumerable.Range(0, count).Select(i => MerkleTree.Leaf(BitConverter.GetBytes(i)))];

    public Hash[] Hashes(IReadOnlyList<LeafRange> path) => [.. path.Select(range => range.Hash(subtree => _levels[subtree.Level][subtree.Index]))];
}
