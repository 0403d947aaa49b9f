using CsCheck;
using Mesh.Ledger.Tree;
using Hash = Mesh.Ledger.Tree.Hash;

namespace Mesh.Ledger.Tests.Tree;

public sealed class MerkleProofTests
{
    private const int Most = 300;
    private static readonly Hash[] Leaves = Reference.Leaves(Most);
    private static readonly Reference Tree = new(Leaves);

    [Fact]
    public void Every_leaf_of_every_size_is_proved()
    {
        for (var size = 1; size <= Most; size++)
        {
            var root = MerkleTree.Root(Leaves.AsSpan(0, size));
            for (var index = 0; index < size; index++)
                Assert.True(MerkleProofs.IsIncluded(Leaves[index], index, size, Tree.Hashes(MerkleTree.InclusionPath(index, size)), root), $"{index} of {size}");
        }
    }

    [Fact]
    public void Every_size_is_the_beginning_of_every_greater_one()
    {
        Hash[] roots = [.. Enumerable.Range(0, Most + 1).Select(size => MerkleTree.Root(Leaves.AsSpan(0, size)))];
        for (var size = 0; size <= Most; size++)
            for (var old = 0; old <= size; old++)
                Assert.True(MerkleProofs.IsConsistent(old, roots[old], size, roots[size], Tree.Hashes(MerkleTree.ConsistencyPath(old, size))), $"{old} of {size}");
    }

    /// <summary>Another leaf, index, size, root, or a path with a hash changed, added, left out: all are refused.</summary>
    [Fact]
    public void A_changed_inclusion_proof_is_refused() =>
        (from size in Gen.Int[1, Most] from index in Gen.Int[0, size - 1] from other in Gen.Int[0, Most - 1] from at in Gen.Int[0, 63] select (size, index, other, at)).Sample(t =>
        {
            var (size, index, other, at) = t;
            var path = Tree.Hashes(MerkleTree.InclusionPath(index, size));
            var root = MerkleTree.Root(Leaves.AsSpan(0, size));
            Hash wrong = MerkleTree.Node(Leaves[other], Leaves[other]);
            Assert.False(MerkleProofs.IsIncluded(wrong, index, size, path, root));
            Assert.False(MerkleProofs.IsIncluded(Leaves[index], index, size, path, wrong));
            Assert.False(MerkleProofs.IsIncluded(Leaves[index], index, size, [.. path, wrong], root));
            Assert.False(MerkleProofs.IsIncluded(Leaves[index], size, size, path, root));
            Assert.False(MerkleProofs.IsIncluded(Leaves[index], -1, size, path, root));
            if (other != index)
                Assert.False(MerkleProofs.IsIncluded(Leaves[index], other, size, path, root) || MerkleProofs.IsIncluded(Leaves[other], index, size, path, root));
            if (path.Length == 0)
                return;
            Assert.False(MerkleProofs.IsIncluded(Leaves[index], index, size, path[..^1], root));
            path[at % path.Length] = wrong;
            Assert.False(MerkleProofs.IsIncluded(Leaves[index], index, size, path, root));
        });

    [Fact]
    public void A_changed_consistency_proof_is_refused() =>
        (from size in Gen.Int[2, Most] from old in Gen.Int[1, size - 1] from at in Gen.Int[0, 63] select (size, old, at)).Sample(t =>
        {
            var (size, old, at) = t;
            var path = Tree.Hashes(MerkleTree.ConsistencyPath(old, size));
            var (oldRoot, root) = (MerkleTree.Root(Leaves.AsSpan(0, old)), MerkleTree.Root(Leaves.AsSpan(0, size)));
            var wrong = MerkleTree.Node(root, root);
            Assert.False(MerkleProofs.IsConsistent(old, wrong, size, root, path));
            Assert.False(MerkleProofs.IsConsistent(old, oldRoot, size, wrong, path));
            Assert.False(MerkleProofs.IsConsistent(old, oldRoot, size, root, [.. path, wrong]));
            Assert.False(MerkleProofs.IsConsistent(old, oldRoot, size, root, path[..^1]));
            Assert.False(MerkleProofs.IsConsistent(size, root, old, oldRoot, path));
            path[at % path.Length] = wrong;
            Assert.False(MerkleProofs.IsConsistent(old, oldRoot, size, root, path));
        });

    /// <summary>Sizes near 2^63: no overflow, no endless loop.</summary>
    [Theory]
    [InlineData(0, long.MaxValue), InlineData(long.MaxValue - 1, long.MaxValue), InlineData(1L << 62, long.MaxValue), InlineData(long.MinValue, -1), InlineData(5, 0)]
    public void Huge_and_negative_sizes_are_answered(long index, long size)
    {
        Hash[] path = [.. Enumerable.Repeat(Leaves[0], MerkleProofs.MostHashes)];
        Assert.False(MerkleProofs.IsIncluded(Leaves[0], index, size, path, Leaves[1]));
        Assert.False(MerkleProofs.IsConsistent(index, Leaves[0], size, Leaves[1], path));
        if (index >= 0 && index < size)
            Assert.InRange(MerkleTree.InclusionPath(index, size).Count, 1, MerkleProofs.MostHashes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void A_hash_has_one_spelling(string text) => Assert.Throws<FormatException>(() => Hash.FromBase64(text));
}
