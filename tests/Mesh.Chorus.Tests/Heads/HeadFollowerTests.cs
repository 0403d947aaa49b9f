using Mesh.Chorus.Heads;
using Mesh.Chorus.Leases;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Chorus.Tests.Heads;

public sealed class HeadFollowerTests
{
    private static readonly SigningKey[] Witnesses = [.. Enumerable.Range(1, 3).Select(i => SigningKey.FromSeed($"node{i}", [.. Enumerable.Repeat((byte)i, 32)]))];
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeSeconds(1000));
    private readonly TestLog _log = new TestLog().Append("a", "b");
    private readonly Lease _lease;
    private readonly HeadFollower _follower;

    public HeadFollowerTests()
    {
        _lease = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1), _clock);
        _follower = new(_log.Key.Verifier, new(Witnesses.Select(w => w.Verifier), 2), _lease);
    }

    [Fact]
    public void A_majority_commits_and_gives_the_lease()
    {
        Assert.Equal(HeadOutcome.NotCommitted, _follower.Accept(Signed(_log, 0)));
        Assert.False(_lease.IsHeld);
        Assert.Equal(HeadOutcome.Accepted, _follower.Accept(Signed(_log, 0, 2)));
        Assert.True(_lease.IsHeld);
        Assert.Equal(2, _follower.Head!.Size);
    }

    [Fact]
    public void One_witness_twice_is_one_witness_and_a_stranger_is_none()
    {
        var stranger = SigningKey.FromSeed("node2", new byte[32]);
        var head = Signed(_log, 0);
        head = SignedCheckpoint.Parse(new SignedNote(head.Note.Text,
            [.. head.Note.Signatures, Cosignature.Sign(Witnesses[0], _log.Head(), 1001), Cosignature.Sign(stranger, _log.Head(), 1000)]).ToString());
        Assert.Equal(HeadOutcome.NotCommitted, _follower.Accept(head));
    }

    [Fact]
    public void What_the_log_did_not_sign_is_nothing_whoever_cosigned_it() =>
        Assert.Equal(HeadOutcome.WrongSignature, _follower.Accept(Signed(new TestLog(seed: 9).Append("a"), 0, 1, 2)));

    [Fact]
    public void Older_heads_and_another_root_of_this_size_change_nothing()
    {
        var old = Signed(_log, 0, 1);
        var fork = _log.Fork().Append("C");
        _log.Append("c");
        _follower.Accept(Signed(_log, 0, 1));
        Assert.Equal(HeadOutcome.Older, _follower.Accept(old));
        Assert.Equal(HeadOutcome.Forked, _follower.Accept(Signed(fork, 1, 2)));
        Assert.Equal(_log.Head(), _follower.Head);
    }

    [Fact]
    public void With_other_witnesses_it_counts_anew()
    {
        _follower.Accept(Signed(_log, 0, 1));
        _follower.Follow(new([Witnesses[1].Verifier, Witnesses[2].Verifier], 2));
        Assert.False(_lease.IsHeld);
        Assert.Equal(HeadOutcome.NotCommitted, _follower.Accept(Signed(_log, 0, 1)));
        Assert.Equal(HeadOutcome.Renewed, _follower.Accept(Signed(_log, 1, 2)));
        Assert.True(_lease.IsHeld);
    }

    private SignedCheckpoint Signed(TestLog log, params int[] witnesses) =>
        SignedCheckpoint.Sign(log.Head(), log.Key).With([.. witnesses.Select(w => Cosignature.Sign(Witnesses[w], log.Head(), _clock.GetUtcNow().ToUnixTimeSeconds()))]);
}
