using Expert.Worker.Actors;
using Expert.Worker.Experts;
using Mesh.Contracts.Steps;
using Microsoft.Extensions.Time.Testing;

namespace Expert.Worker.Tests.Actors;

public sealed class StepBatchTests : IAsyncLifetime
{
    private readonly ScriptedLoader _loader = new();
    private readonly FakeTimeProvider _time = new();
    private StepBatch _batch = null!;
    private WorkerApp _worker = null!;
    private HostedExpert _expert = null!;

    public async Task InitializeAsync()
    {
        _batch = new StepBatch(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(5), _time);
        _worker = await WorkerApp.StartAsync(_loader);
        _expert = await _worker.LoadAsync(Checkout.Spec("unix"));
    }

    public async Task DisposeAsync() => await _worker.DisposeAsync();

    [Fact]
    public async Task Every_step_of_a_batch_is_answered()
    {
        var replies = Steps.Decode(await _batch.RunAsync(_expert, Steps.Encode(Steps.Request(1, 5), Steps.Request(2, 6), Steps.Request(3, 7))));
        Assert.Equal([1ul, 2ul, 3ul], replies.Select(r => r.Session.Value).Order());
        Assert.All(replies, r => Assert.Equal(StepStatus.Ok, r.Status));
    }

    [Fact]
    public async Task A_long_step_outlives_its_turn_and_the_same_request_fetches_its_answer()
    {
        var finish = new TaskCompletionSource();
        var asked = 0;
        _loader.OnStep = async (request, reply, _) =>
        {
            asked++;
            await finish.Task;
            ScriptedLoader.Answer(request, reply);
        };
        var turn = _batch.RunAsync(_expert, Steps.Encode(Steps.Request(1, 5)));
        Assert.False(turn.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(await turn.WaitAsync(TimeSpan.FromSeconds(10)));
        finish.SetResult();
        var reply = Assert.Single(Steps.Decode(await _batch.RunAsync(_expert, Steps.Encode(Steps.Request(1, 5)))));
        Assert.Equal((StepStatus.Ok, 1), (reply.Status, asked));
    }

    [Fact]
    public async Task An_expert_that_does_not_get_on_is_not_asked_for_ever()
    {
        _loader.Stalled = TimeSpan.FromSeconds(11);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _batch.RunAsync(_expert, Steps.Encode(Steps.Request(1, 5))));
    }

    [Fact]
    public async Task A_quick_step_does_not_wait_for_a_long_one()
    {
        var finish = new TaskCompletionSource();
        _loader.OnStep = async (request, reply, _) =>
        {
            if (request.Session.Value == 1)
                await finish.Task;
            ScriptedLoader.Answer(request, reply);
        };
        var turn = _batch.RunAsync(_expert, Steps.Encode(Steps.Request(1, 5), Steps.Request(2, 6)));
        while (!turn.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(5));
            await Task.Yield();
        }
        Assert.Equal(2ul, Assert.Single(Steps.Decode(await turn)).Session.Value);
        finish.SetResult();
        Assert.Single(Steps.Decode(await _batch.RunAsync(_expert, Steps.Encode(Steps.Request(1, 5)))));
    }

    [Fact]
    public async Task A_different_request_of_a_session_waits_for_the_one_that_runs()
    {
        var finish = new TaskCompletionSource();
        var running = 0;
        _loader.OnStep = async (request, reply, _) =>
        {
            Assert.Equal(1, Interlocked.Increment(ref running));
            await finish.Task;
            ScriptedLoader.Answer(request, reply);
            Interlocked.Decrement(ref running);
        };
        var first = _batch.RunAsync(_expert, Steps.Encode(Steps.Request(1, 5)));
        _time.Advance(TimeSpan.FromSeconds(1));
        await first;
        var second = _batch.RunAsync(_expert, Steps.Encode(Steps.Request(1, 5, 6)));
        finish.SetResult();
        var reply = Assert.Single(Steps.Decode(await second));
        Assert.Equal((StepStatus.Ok, 6), (reply.Status, reply.Distributions[0].Ids[0]));
    }

    [Fact]
    public async Task A_backend_that_throws_is_a_failed_step_and_the_others_are_answered()
    {
        _loader.OnStep = (request, reply, _) =>
        {
            if (request.Session.Value == 1)
                throw new InvalidOperationException("broken");
            ScriptedLoader.Answer(request, reply);
            return default;
        };
        var replies = Steps.Decode(await _batch.RunAsync(_expert, Steps.Encode(Steps.Request(1, 5), Steps.Request(2, 6))));
        Assert.Equal([StepStatus.Failed, StepStatus.Ok], replies.OrderBy(r => r.Session.Value).Select(r => r.Status));
    }

    [Fact]
    public async Task A_session_that_ends_after_its_step_and_before_its_answer_was_fetched_is_forgotten()
    {
        var finish = new TaskCompletionSource();
        var asked = 0;
        _loader.OnStep = async (request, reply, _) =>
        {
            asked++;
            await finish.Task;
            ScriptedLoader.Answer(request, reply);
        };
        var turn = _batch.RunAsync(_expert, Steps.Encode(Steps.Request(1, 5)));
        _time.Advance(TimeSpan.FromSeconds(1));
        await turn;
        finish.SetResult();
        _batch.Forget(new(1));
        Assert.Single(Steps.Decode(await _batch.RunAsync(_expert, Steps.Encode(Steps.Request(1, 5)))));
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task A_malformed_batch_is_refused_as_a_whole()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _batch.RunAsync(_expert, []));
        await Assert.ThrowsAsync<ArgumentException>(() => _batch.RunAsync(_expert, [1, 2, 3]));
        await Assert.ThrowsAsync<ArgumentException>(() => _batch.RunAsync(_expert, [.. Steps.Encode(Steps.Request(1, 5)), 9]));
        await Assert.ThrowsAsync<ArgumentException>(() => _batch.RunAsync(_expert, Steps.Encode(Steps.Request(1, 5), Steps.Request(1, 6))));
    }
}
