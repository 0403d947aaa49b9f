using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Log;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Tests.Log;

public sealed class CommittedHeadTests
{
    private static readonly SigningKey[] Witnesses = [.. Enumerable.Range(1, 3).Select(i => SigningKey.FromSeed($"node-{i}", [.. Enumerable.Repeat((byte)i, 32)]))];
    private static readonly WitnessPolicy Policy = new(Witnesses.Select(w => w.Verifier), 2);
    private readonly CommittedHead _head = new(new MemoryLedgerStore(), TestLog.Key.Verifier);

    [Fact]
    public async Task The_newest_head_that_a_quorum_saw_is_kept()
    {
        Assert.Null(await _head.ReadAsync(default));
        await _head.AdvanceAsync(Cosigned(5, time: 10), Policy, default);
        Assert.Equal(9, (await _head.AdvanceAsync(Cosigned(9, time: 11), Policy, default)).Checkpoint.Size);
        Assert.Equal(9, (await _head.AdvanceAsync(Cosigned(5, time: 12), Policy, default)).Checkpoint.Size);
        await _head.AdvanceAsync(Cosigned(9, time: 13), Policy, default);
        Assert.All(Policy.Cosigned((await _head.ReadAsync(default))!), c => Assert.Equal(13, c.Time));
    }

    [Fact]
    public async Task Without_a_quorum_or_the_log_s_signature_nothing_is_kept()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _head.AdvanceAsync(Cosigned(5, 10, cosigners: 1), Policy, default));
        await Assert.ThrowsAsync<ArgumentException>(() => _head.AdvanceAsync(Cosigned(5, 10, log: SigningKey.Create("mesh/test")), Policy, default));
        Assert.Null(await _head.ReadAsync(default));
    }

    [Fact]
    public async Task Two_trees_of_one_size_are_a_fork()
    {
        await _head.AdvanceAsync(Cosigned(5, 10), Policy, default);
        await Assert.ThrowsAsync<LedgerDamagedException>(() => _head.AdvanceAsync(Cosigned(5, 11, leaf: 1), Policy, default));
    }

    private static SignedCheckpoint Cosigned(long size, long time, int cosigners = 2, byte leaf = 0, SigningKey? log = null)
    {
        var checkpoint = new Checkpoint("mesh/test", size, MerkleTree.Leaf([leaf]));
        return SignedCheckpoint.Sign(checkpoint, log ?? TestLog.Key).With([.. Witnesses.Take(cosigners).Select(w => Cosignature.Sign(w, checkpoint, time))]);
    }
}
