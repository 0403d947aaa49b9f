using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Tests.Tree;

/// <summary>Hashes of a tree whose leaves all lie in memory, without any cleverness.</summary>
internal static class Reference
{
    public static Hash Hash(ReadOnlySpan<Hash> leaves, Subtree subtree) => MerkleTree.Root(leaves.Slice((int)(subtree.Index << subtree.Level), 1 << subtree.Level));

    public static Hash[] Leaves(int count) => [.. Enumerable.Range(0, count).Select(i => MerkleTree.Leaf(BitConverter.GetBytes(i)))];

    public static Hash[] Hashes(this IReadOnlyList<LeafRange> path, Hash[] leaves) => [.. path.Select(range => range.Hash(subtree => Hash(leaves, subtree)))];
}
