using Mesh.Chorus.Leases;
using Mesh.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Governance.Http.Tests.Chorus;

/// <summary>Heads come over HTTP; time is the test's.</summary>
public sealed class LeaseTests : IDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly TestMesh _mesh = new TestMesh().Append();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Under_halt_streams_end_when_heads_stop_and_may_begin_when_they_come()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh, _clock, settings: "Mesh:Governance:OnLeaseLost=halt");
        Assert.True(host.Node is { Lease: LeaseState.Lost, MaySpeak: false, MayChange: false, Halted.IsCancellationRequested: true, IsHalted: false });
        await HearAsync(host);
        Assert.True(host.Node is { Lease: LeaseState.Held, MaySpeak: true, MayChange: true });
        var stream = host.Node.Halted;
        _clock.Advance(TimeSpan.FromSeconds(3));
        await HearAsync(host);
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.False(stream.IsCancellationRequested);
        var revision = host.Node.Revision;
        _clock.Advance(TimeSpan.FromSeconds(2));   // five seconds after the last head
        Assert.True(stream.IsCancellationRequested);
        Assert.True(host.Node is { Lease: LeaseState.Lost, MaySpeak: false } && host.Node.Revision > revision);
        var status = await host.Client.StatusAsync(host.Url, NodeHost.Soon);
        Assert.Equal((LeaseState.Lost, 0, false), (status.Lease, status.LeaseRemainingMs, status.Halted));
        await HearAsync(host);
        Assert.True(host.Node is { Lease: LeaseState.Held, MaySpeak: true, Halted.IsCancellationRequested: false });
    }

    [Fact]
    public async Task A_lease_that_ends_while_it_is_looked_at_is_published_too()
    {
        var clock = new JumpingClock();
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh, clock, settings: "Mesh:Governance:OnLeaseLost=halt");
        for (var reading = 1; reading <= 12; reading++)
        {
            await host.Client.TellAsync(host.Url, new(_mesh.Cosigned(clock.GetUtcNow(), _mesh.One, _mesh.Two).ToString(), [], [], 1), NodeHost.Soon);
            var stream = host.Node.Halted;
            Assert.False(stream.IsCancellationRequested);
            clock.JumpAt(reading);
            for (var looks = 0; looks < 5; looks++)
                clock.Advance(TimeSpan.FromSeconds(1.25));
            Assert.True(stream.IsCancellationRequested, $"It was lost at reading {reading} of the clock, and nobody was told.");
        }
    }

    [Fact]
    public async Task Otherwise_answers_go_on_and_nothing_changes()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh, _clock);
        await HearAsync(host);
        var stream = host.Node.Halted;
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(host.Node is { Lease: LeaseState.Lost, MaySpeak: true, MayChange: false });
        Assert.False(stream.IsCancellationRequested);
    }

    [Fact]
    public async Task The_lease_ends_no_halt()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh, _clock, settings: "Mesh:Governance:OnLeaseLost=halt");
        await host.Client.HaltAsync(host.Url, _mesh.Halt(TestMesh.Cam).Note.ToString(), NodeHost.Soon);
        await HearAsync(host);
        Assert.True(host.Node is { Lease: LeaseState.Held, MaySpeak: false, MayChange: false, Halted.IsCancellationRequested: true });
    }

    [Fact]
    public async Task A_head_that_is_not_committed_gives_nothing()
    {
        await using var host = await NodeHost.StartGovernedAsync(_data, _mesh, _clock);
        Assert.Equal((403, "not_committed"), await Refused(host, _mesh.Cosigned(_clock.GetUtcNow(), _mesh.One).ToString()));
        Assert.Equal((403, "not_committed"), await Refused(host, _mesh.Cosigned(_clock.GetUtcNow(), _mesh.One, TestMesh.Key("two", 1)).ToString()));
        Assert.Equal((403, "wrong_signature"), await Refused(host, new TestMesh { Log = TestMesh.Key("mesh/test", 1) }.Append().Cosigned(_clock.GetUtcNow(), _mesh.One, _mesh.Two).ToString()));
        Assert.Equal((400, "invalid_act"), await Refused(host, "head"));
        Assert.Equal(LeaseState.Lost, host.Node.Lease);
        await host.Client.TellAsync(host.Url, new(_mesh.Cosigned(_clock.GetUtcNow() - TimeSpan.FromSeconds(4), _mesh.One, _mesh.Two).ToString(), [], [], 1), NodeHost.Soon);
        Assert.Equal(LeaseState.Lost, host.Node.Lease);   // committed, but four seconds ago
        await HearAsync(host);
        Assert.Equal((409, "forked"), await Refused(host, new TestMesh().Append("other").Cosigned(_clock.GetUtcNow(), _mesh.One, _mesh.Two).ToString()));
        Assert.Equal(LeaseState.Held, host.Node.Lease);
    }

    /// <summary>Set forward between two readings, as a lease may end between them.</summary>
    private sealed class JumpingClock() : FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000))
    {
        private TimeSpan _ahead;
        private int _left;

        public void JumpAt(int reading) => _left = reading;

        public override DateTimeOffset GetUtcNow()
        {
            if (_left > 0 && --_left == 0)
                _ahead += TimeSpan.FromSeconds(10);
            return base.GetUtcNow() + _ahead;
        }
    }

    private async Task HearAsync(NodeHost host) =>
        await host.Client.TellAsync(host.Url, new(_mesh.Cosigned(_clock.GetUtcNow(), _mesh.One, _mesh.Two).ToString(), [], [], 1), NodeHost.Soon);

    private static async Task<(int, string)> Refused(NodeHost host, string head)
    {
        var refused = await Assert.ThrowsAsync<NodeRefusedException>(() => host.Client.TellAsync(host.Url, new(head, [], [], 1), NodeHost.Soon));
        return (refused.Status, refused.Code);
    }
}
