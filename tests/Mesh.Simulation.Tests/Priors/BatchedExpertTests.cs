using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Priors;
using Mesh.Simulation.Time;

namespace Mesh.Simulation.Tests.Priors;

public sealed class BatchedExpertTests
{
    private readonly VirtualTime _time = new(1);
    private readonly BatchedExpert _expert;

    public BatchedExpertTests() => _expert = new(new(ExpertId.Parse("e0"), new(8, 1)), _time, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(2));

    private async Task<double> AskAsync(ulong session, int tokens, CancellationToken cancellationToken = default)
    {
        var (request, reply, begun) = (new StepRequest(), new StepReply(), _time.GetTimestamp());
        request.Reset(new(session), 1, 0);
        request.Append(Enumerable.Repeat(1, tokens).ToArray());
        await _expert.StepAsync(request, reply, cancellationToken);
        Assert.Equal(StepStatus.Ok, reply.Status);
        return _time.GetElapsedTime(begun).TotalMilliseconds;
    }

    [Fact]
    public void What_comes_while_it_decodes_is_the_next_batch() => _time.Run(async () =>
    {
        var first = AskAsync(1, 1);
        var others = new[] { AskAsync(2, 3), AskAsync(3, 2) };
        Assert.Equal(12, await first);
        Assert.All(await Task.WhenAll(others), ms => Assert.Equal(12 + 20, ms));
        Assert.Equal(32, _expert.Busy.TotalMilliseconds);
    });

    [Fact]
    public void A_step_that_was_given_up_ends_at_once_and_the_others_go_on() => _time.Run(async () =>
    {
        using var cancellation = new CancellationTokenSource();
        var (given, kept) = (AskAsync(1, 1, cancellation.Token), AskAsync(2, 1));
        cancellation.Cancel();   // here and now, not from the thread pool
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        Assert.Equal(24, await kept);
    });

    [Fact]
    public void Where_all_that_waits_was_given_up_nothing_is_decoded() => _time.Run(async () =>
    {
        using var cancellation = new CancellationTokenSource();
        var (kept, given) = (AskAsync(1, 1), AskAsync(2, 1, cancellation.Token));
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        Assert.Equal(12, await kept);
        await Task.Delay(TimeSpan.FromSeconds(1), _time);
        Assert.Equal(12, _expert.Busy.TotalMilliseconds);
        Assert.Equal(12, await AskAsync(3, 1));
    });

    [Fact]
    public void A_dead_one_answers_nobody() => _time.Run(async () =>
    {
        var waiting = AskAsync(1, 1);
        _expert.IsDown = true;
        await Assert.ThrowsAsync<ExpertUnreachableException>(() => waiting);
        await Assert.ThrowsAsync<ExpertUnreachableException>(() => AskAsync(2, 1));
    });
}
