using Mesh.Chorus.Windows;
using Mesh.Contracts.Steps;

namespace Mesh.Inference.Tests.Decoding;

/// <summary>An expert that waits an hour for whoever was answered and is not back: nothing else may wait with it.</summary>
public sealed class WaitingTests : IAsyncLifetime
{
    private readonly FarBoundary _boundary = new();
    private BatchWindow _window = null!;
    private LlamaExpert _expert = null!;
    private Session _answered = null!;

    public async Task InitializeAsync()
    {
        _window = new(TimeProvider.System, 8, WindowPolicy.Phases, phase: _boundary);
        _expert = await Session.LoadAsync(TestModels.Arithmetic, new() { Threads = 1, MaxSequences = 8, BatchTokens = 32, Window = _window });
        _answered = new(_expert);
        Assert.Equal(StepStatus.Ok, (await _answered.StepAsync(0, [5])).Status);
    }

    public async Task DisposeAsync() => await _expert.DisposeAsync();

    /// <summary>A step that the expert has seen and lets wait.</summary>
    private async Task<Task<StepReply>> WaitingAsync(CancellationToken cancellationToken = default)
    {
        var asked = _boundary.Asked;
        var step = new Session(_expert).StepAsync(0, [6], cancellationToken: cancellationToken);
        await _boundary.AskedAgainAsync(asked);
        Assert.False(step.IsCompleted);
        return step;
    }

    [Fact]
    public async Task It_begins_when_the_one_it_waits_for_is_back()
    {
        var waiting = await WaitingAsync();
        Assert.Equal(StepStatus.Ok, (await _answered.StepAsync(1, [7])).Status);
        Assert.Equal(StepStatus.Ok, (await waiting).Status);
        Assert.Equal(1.5, _window.MeanBatch);
    }

    [Fact]
    public async Task A_session_that_ends_is_waited_for_no_longer()
    {
        var waiting = await WaitingAsync();
        _answered.Release();
        Assert.Equal(StepStatus.Ok, (await waiting).Status);
    }

    [Fact]
    public async Task Stopping_does_not_wait()
    {
        var waiting = await WaitingAsync();
        await _expert.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(StepStatus.Refused, (await waiting).Status);
    }

    [Fact]
    public async Task Cancelling_does_not_wait()
    {
        using var cancel = new CancellationTokenSource();
        var waiting = await WaitingAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_drain_computes_what_is_there()
    {
        var waiting = await WaitingAsync();
        await _expert.DrainAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(StepStatus.Ok, (await waiting).Status);
    }

    /// <summary>The short step is answered with the first chunk, and its session does not come back.</summary>
    [Fact]
    public async Task A_prompt_in_chunks_waits_for_nobody_between_them()
    {
        var prompt = new Session(_expert).StepAsync(0, [.. Enumerable.Range(40, 200)], continuation: 4);
        var beside = new Session(_expert).StepAsync(0, [6]);
        _answered.Release();
        Assert.Equal(StepStatus.Ok, (await beside).Status);
        Assert.Equal(StepStatus.Ok, (await prompt).Status);
        Assert.True(_window.MeanBatch < 1.5);   // several decodes, most of them of the prompt alone
    }

    [Fact]
    public async Task Waiting_allocates_nothing_on_the_decode_thread()
    {
        var other = new Session(_expert);
        var position = 1;
        var taken = new List<long>();
        for (var n = 0; n < 6 && !taken.Skip(1).Contains(0); n++)   // the first is warming up
        {
            var before = _expert.AllocatedBytes;
            for (var round = 0; round < 20; round++, position++)
            {
                var asked = _boundary.Asked;
                var waiting = other.StepAsync(position - 1, [6]);
                await _boundary.AskedAgainAsync(asked);
                await _answered.StepAsync(position, [7]);
                await waiting;
            }
            taken.Add(_expert.AllocatedBytes - before);
        }
        Assert.Contains(0, taken.Skip(1));
    }

    private sealed class FarBoundary : IPhaseBoundary
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        /// <summary>Looks now and then: a continuation would be queued, and take memory, on the decode thread.</summary>
        public async Task AskedAgainAsync(int before)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            while (Asked == before)
                await Task.Delay(1, deadline.Token);
        }

        public long NextAfter(long timestamp)
        {
            Interlocked.Increment(ref _asked);
            return timestamp + 3600 * TimeProvider.System.TimestampFrequency;
        }
    }
}
