using Mesh.Chorus.Leases;
using Mesh.Ledger.Signing;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Chorus.Tests.Leases;

public sealed class LeaseTests
{
    private static readonly VerifierKey A = Key(1), B = Key(2), C = Key(3);
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeSeconds(1000)) { AutoAdvanceAmount = TimeSpan.Zero };
    private readonly Lease _lease;

    public LeaseTests() => _lease = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1), _clock);

    [Fact]
    public void It_is_held_by_the_quorum_s_age_and_lost_with_it()
    {
        Assert.False(_lease.IsHeld);
        _lease.Renew(1, [(A, 1000), (B, 998), (C, 900)], 2);
        Assert.Equal(TimeSpan.FromSeconds(2), _lease.Remaining);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False(_lease.IsHeld);
        _lease.Renew(1, [(C, 1002)], 2);
        Assert.Equal(TimeSpan.FromSeconds(2), _lease.Remaining);   // A's is two seconds old, C's is new
    }

    [Fact]
    public void Shown_again_it_is_no_younger()
    {
        _lease.Renew(1, [(A, 1000), (B, 1000)], 2);
        _clock.Advance(TimeSpan.FromSeconds(3));
        _lease.Renew(1, [(A, 1000), (B, 1000)], 2);
        Assert.Equal(TimeSpan.FromSeconds(1), _lease.Remaining);
    }

    [Fact]
    public void A_clock_set_back_prolongs_nothing()
    {
        var clock = new SteppedClock();
        var lease = new Lease(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1), clock);
        lease.Renew(1, [(A, 1000)], 1);
        clock.Step(TimeSpan.FromSeconds(3));
        clock.Offset = TimeSpan.FromHours(-1);
        Assert.Equal(TimeSpan.FromSeconds(1), lease.Remaining);
        lease.Renew(1, [(A, 1003)], 1);   // an hour in this clock's future
        Assert.Equal(TimeSpan.FromSeconds(1), lease.Remaining);
    }

    [Fact]
    public void A_clock_set_forward_ends_it()
    {
        var clock = new SteppedClock();
        var lease = new Lease(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1), clock);
        lease.Renew(1, [(A, 1000)], 1);
        clock.Offset = TimeSpan.FromHours(1);
        Assert.False(lease.IsHeld);
    }

    [Theory]
    [InlineData(1002)]
    [InlineData(long.MaxValue)]
    public void A_cosignature_from_beyond_the_skew_is_nothing(long time)
    {
        _lease.Renew(1, [(A, time)], 1);
        Assert.False(_lease.IsHeld);
        _lease.Renew(1, [(A, 1001)], 1);
        Assert.Equal(TimeSpan.FromSeconds(4), _lease.Remaining);   // within the skew, but not longer than one of now
    }

    [Fact]
    public void An_older_head_gives_nothing_and_a_newer_one_starts_anew()
    {
        _lease.Renew(7, [(A, 998), (B, 998)], 2);
        _lease.Renew(6, [(A, 1000), (B, 1000)], 2);
        Assert.Equal(TimeSpan.FromSeconds(2), _lease.Remaining);
        _lease.Renew(8, [(A, 1000)], 2);
        Assert.False(_lease.IsHeld);
    }

    [Fact]
    public void Who_is_no_witness_any_more_does_not_count()
    {
        _lease.Renew(1, [(A, 1000), (B, 1000)], 2);
        _lease.Follow([A, C], 2);
        Assert.False(_lease.IsHeld);
        _lease.Follow([A], 1);
        Assert.True(_lease.IsHeld);
    }

    private static VerifierKey Key(byte seed) => SigningKey.FromSeed($"node{seed}", [.. Enumerable.Repeat(seed, 32)]).Verifier.As(KeyKind.Cosignature);

    private sealed class SteppedClock : TimeProvider
    {
        private TimeSpan _passed;

        public TimeSpan Offset { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Step(TimeSpan by) => _passed += by;

        public override long GetTimestamp() => _passed.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(1000) + _passed + Offset;
    }
}
