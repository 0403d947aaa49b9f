using System.Text;
using Mesh.Chorus.Witnesses;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tree;

namespace Mesh.Chorus.Tests;

/// <summary>A log in memory.</summary>
internal sealed class TestLog(string mesh = "test", byte seed = 1)
{
    private readonly List<Hash> _leaves = [];

    public SigningKey Key { get; } = SigningKey.FromSeed($"mesh/{mesh}", [.. Enumerable.Repeat(seed, 32)]);

    public long Size => _leaves.Count;

    public TestLog Append(params ReadOnlySpan<string> entries)
    {
        foreach (var entry in entries)
            _leaves.Add(MerkleTree.Leaf(Encoding.UTF8.GetBytes(entry)));
        return this;
    }

    public TestLog Fork()
    {
        var fork = new TestLog();
        fork._leaves.AddRange(_leaves);
        return fork;
    }

    public Checkpoint Head(long? size = null) => new(Key.Name, size ?? Size, Root(0, size ?? Size));

    public IReadOnlyList<Hash> Proof(long oldSize, long? size = null) => [.. MerkleTree.ConsistencyPath(oldSize, size ?? Size).Select(r => Root(r.Start, r.End))];

    public AddCheckpoint Ask(long oldSize, long? size = null) => new(oldSize, Proof(oldSize, size), SignedCheckpoint.Sign(Head(size), Key));

    private Hash Root(long start, long end) => MerkleTree.Root(_leaves.GetRange((int)start, (int)(end - start)).ToArray());
}
