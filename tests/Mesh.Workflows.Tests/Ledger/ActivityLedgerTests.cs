using Mesh.Workflows.Ledger;

namespace Mesh.Workflows.Tests.Ledger;

public sealed class ActivityLedgerTests
{
    private readonly ActivityLedger _ledger = new(limit: 3);
    private int _runs;

    [Fact]
    public async Task A_running_step_is_joined_and_a_finished_one_answered()
    {
        var go = new TaskCompletionSource<object?>();
        var first = _ledger.RunOnceAsync(new("w", "1"), () => Count(go.Task));
        var joined = _ledger.RunOnceAsync(new("w", "1"), () => Count(go.Task));
        Assert.True(_ledger.IsRunning("w"));
        go.SetResult("done");
        Assert.Equal("done", await first);
        Assert.Equal("done", await joined);
        Assert.False(_ledger.IsRunning("w"));
        Assert.Equal("done", await _ledger.RunOnceAsync(new("w", "1"), () => Count(Task.FromResult<object?>("again"))));
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task A_fault_is_an_answer_too()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => _ledger.RunOnceAsync(new("w", "1"), () => Count(Task.FromException<object?>(new TimeoutException()))));
        await Assert.ThrowsAsync<TimeoutException>(() => _ledger.RunOnceAsync(new("w", "1"), () => Count(Task.FromResult<object?>("second"))));
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task A_step_that_throws_before_it_awaits_leaves_no_open_entry()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _ledger.RunOnceAsync(new("w", "1"), () => throw new InvalidOperationException()));
        Assert.False(_ledger.IsRunning("w"));
    }

    [Fact]
    public async Task Other_instances_and_other_calls_are_other_steps()
    {
        foreach (var key in new StepKey[] { new("a", "1"), new("a", "2"), new("b", "1") })
            await _ledger.RunOnceAsync(key, () => Count(Task.FromResult<object?>(null)));
        Assert.Equal(3, _runs);
    }

    [Fact]
    public async Task Of_the_finished_ones_the_oldest_go_and_a_running_one_stays()
    {
        var go = new TaskCompletionSource<object?>();
        var running = _ledger.RunOnceAsync(new("w", "running"), () => Count(go.Task));
        for (var n = 0; n < 10; n++)
            await _ledger.RunOnceAsync(new("w", $"{n}"), () => Count(Task.FromResult<object?>(null)));
        await _ledger.RunOnceAsync(new("w", "0"), () => Count(Task.FromResult<object?>(null)));
        Assert.Equal(12, _runs);
        var joined = _ledger.RunOnceAsync(new("w", "running"), () => Count(go.Task));
        go.SetResult("late");
        Assert.Equal(("late", "late"), (await running, await joined));
        Assert.Equal(12, _runs);
    }

    private Task<object?> Count(Task<object?> result)
    {
        _runs++;
        return result;
    }
}
