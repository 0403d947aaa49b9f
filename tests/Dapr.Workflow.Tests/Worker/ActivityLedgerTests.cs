using Dapr.Workflow.Wire;
using Dapr.Workflow.Worker;

namespace Dapr.Workflow.Tests.Worker;

public sealed class ActivityLedgerTests
{
    [Fact]
    public async Task A_redelivered_activity_joins_the_running_one_and_then_its_result()
    {
        var (ledger, runs, end) = (new ActivityLedger(), 0, new TaskCompletionSource<ActivityResponse>());
        Task<ActivityResponse> Run(ActivityRequest _)
        {
            runs++;
            return end.Task;
        }

        var first = ledger.RunOnce(Request("x"), Run);
        var second = ledger.RunOnce(Request("x"), Run);
        end.SetResult(new() { Result = "1" });
        Assert.Same(await first, await second);
        Assert.Same(await first, await ledger.RunOnce(Request("x"), Run));
        Assert.Equal(1, runs);

    }

    [Fact]
    public async Task A_delivery_that_crosses_its_acknowledgement_is_answered_from_the_result_and_later_it_is_forgotten()
    {
        var (ledger, runs) = (new ActivityLedger(), 0);
        Task<ActivityResponse> Run(ActivityRequest _) => Task.FromResult(new ActivityResponse { TaskId = runs++ });

        await ledger.RunOnce(Request("x"), Run);
        ledger.Acknowledged(Request("x"));
        await ledger.RunOnce(Request("x"), Run);
        Assert.Equal(1, runs);

        for (var n = 0; n < WorkItemHandler.MaxActivities; n++)
            ledger.Acknowledged(Request($"{n}"));
        await ledger.RunOnce(Request("x"), Run);
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task An_activity_without_an_execution_id_is_never_taken_for_another()
    {
        var (ledger, runs) = (new ActivityLedger(), 0);
        for (var n = 0; n < 2; n++)
            await ledger.RunOnce(Request(""), _ => Task.FromResult(new ActivityResponse { TaskId = runs++ }));
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task Unclaimed_results_are_bounded_but_running_ones_stay()
    {
        var (ledger, end, runs) = (new ActivityLedger(), new TaskCompletionSource<ActivityResponse>(), 0);
        Task<ActivityResponse> Slow(ActivityRequest _)
        {
            runs++;
            return end.Task;
        }

        _ = ledger.RunOnce(Request("running"), Slow);
        for (var n = 0; n < 5000; n++)
            await ledger.RunOnce(Request($"{n}"), _ => Task.FromResult(new ActivityResponse()));
        _ = ledger.RunOnce(Request("running"), Slow);
        Assert.Equal(1, runs);
        var again = false;
        await ledger.RunOnce(Request("0"), _ => { again = true; return Task.FromResult(new ActivityResponse()); });
        Assert.True(again);
    }

    private static ActivityRequest Request(string execution) => new() { Name = "A", TaskExecutionId = execution, OrchestrationInstance = new() { InstanceId = "i" } };
}
