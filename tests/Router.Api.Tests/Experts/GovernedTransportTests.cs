using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Testing.Governance;
using Router.Api.Experts;

namespace Router.Api.Tests.Experts;

public sealed class GovernedTransportTests
{
    private static readonly ExpertStatus Expert = new() { Id = ExpertId.Parse("unix"), State = ExpertState.Ready };
    private readonly FakeNode _node = new();
    private readonly Opened _inner = new();

    [Fact]
    public async Task While_the_mesh_is_halted_no_worker_is_asked_and_each_is_when_it_goes_on()
    {
        await _node.HaltAsync("one", default);
        var connecting = new GovernedTransport(_inner, _node).ConnectAsync(Expert, default);
        Assert.False(connecting.IsCompleted);
        Assert.Equal(0, _inner.Count);
        await _node.ResumeAsync("one", default);
        await Assert.ThrowsAsync<ExpertUnreachableException>(() => connecting);
        Assert.Equal(1, _inner.Count);
    }

    [Fact]
    public async Task Whoever_waits_can_be_stopped()
    {
        using var stop = new CancellationTokenSource();
        await _node.HaltAsync("one", default);
        var connecting = new GovernedTransport(_inner, _node).ConnectAsync(Expert, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.Equal(0, _inner.Count);
    }

    private sealed class Opened : IExpertTransport
    {
        public int Count { get; private set; }

        public Task<IExpertConnection> ConnectAsync(ExpertStatus status, CancellationToken cancellationToken)
        {
            Count++;
            throw new ExpertUnreachableException(status.Id, "There is no worker in this test.");
        }
    }
}
