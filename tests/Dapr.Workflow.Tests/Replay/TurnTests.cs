using Dapr.Workflow.Wire;
using Microsoft.Extensions.Logging;
using static Dapr.Workflow.Tests.Replay.Script;

namespace Dapr.Workflow.Tests.Replay;

public sealed class TurnTests
{
    [Fact]
    public void Steps_take_ids_in_order_and_are_asked_for_once()
    {
        var script = For<object?, int>(async (context, _) =>
        {
            var a = context.CallActivityAsync<int>("A");
            await context.CreateTimer(TimeSpan.FromSeconds(1));
            return await a + await context.CallChildWorkflowAsync<int>("C");
        });
        Assert.Equal([0, 1], script.Turn().Ids());
        Assert.Empty(script.Turn(Done(0, "20")).Actions);
        Assert.Equal([2], script.Turn(Fired(1)).Ids());
        Assert.Equal("22", script.Turn(new HistoryEvent { SubOrchestrationInstanceCompleted = new() { TaskScheduledId = 2, Result = "2" } }).Result());
    }

    [Fact]
    public void Unknown_and_repeated_completions_are_ignored()
    {
        var script = For<object?, int>(async (context, _) => await context.CallActivityAsync<int>("A") + await context.CallActivityAsync<int>("B"));
        script.Turn();
        script.Turn(Done(0, "1"), Done(0, "100"), Done(9, "1000"), Fired(7));
        Assert.Equal("3", script.Turn(Done(1, "2")).Result());
    }

    [Fact]
    public void ConfigureAwait_false_stays_in_the_turn()
    {
        var thread = 0;
        var script = For<object?, bool>(async (context, _) =>
        {
            await Inner(context).ConfigureAwait(false);
            await Task.WhenAll(context.CallActivityAsync("B"), context.CallActivityAsync("C")).ConfigureAwait(false);
            return Environment.CurrentManagedThreadId == thread;

            static async Task Inner(WorkflowContext context) => await context.CallActivityAsync("A").ConfigureAwait(false);
        });
        thread = Environment.CurrentManagedThreadId;
        script.Turn();
        Assert.Equal([1, 2], script.Turn(Done(0)).Ids());
        Assert.Equal("true", script.Turn(Done(1), Done(2)).Result());
    }

    [Fact]
    public void A_suspended_workflow_holds_everything_until_it_resumes()
    {
        var script = For<object?, string>(async (context, _) =>
        {
            var a = await context.CallActivityAsync<string>("A");
            return a + await context.WaitForExternalEventAsync<string>("e");
        });
        script.Turn();
        Assert.Empty(script.Turn(Suspended, Done(0, "\"a\"")).Actions);
        Assert.Empty(script.Turn(Raised("E", "\"b\"")).Actions);
        Assert.Equal("\"ab\"", script.Turn(Resumed).Result());
    }

    [Fact]
    public void Actions_of_the_turn_that_suspends_come_with_the_turn_that_resumes()
    {
        var script = For<object?, int>((context, _) => context.CallActivityAsync<int>("A"));
        Assert.Empty(script.Turn(Suspended).Actions);
        Assert.Equal([0], script.Turn(Resumed).Ids());
        Assert.Equal("5", script.Turn(Done(0, "5")).Result());
    }

    [Fact]
    public void Termination_ends_a_workflow_with_the_given_output_even_when_suspended()
    {
        foreach (var events in new[] { new[] { Terminated("\"x\"") }, [Suspended, Terminated("\"x\"")] })
        {
            var script = For<object?, int>((context, _) => context.CallActivityAsync<int>("A"));
            script.Turn();
            var end = script.Turn(events).End();
            Assert.Equal((OrchestrationStatus.Terminated, "\"x\""), (end.OrchestrationStatus, end.Result));
        }
    }

    [Fact]
    public void Continue_as_new_carries_unread_events_and_drops_the_rest()
    {
        var script = For<int, int>(async (context, n) =>
        {
            await context.WaitForExternalEventAsync<int>("go");
            _ = context.CallActivityAsync("Dropped");
            context.ContinueAsNew(n + 1);
            return 0;
        });
        script.Turn();
        var response = script.Turn(Raised("x", "1"), Raised("GO", "2"), Raised("x", "3"));
        var end = response.End();
        Assert.Equal(OrchestrationStatus.ContinuedAsNew, end.OrchestrationStatus);
        Assert.Equal("1", end.Result);
        Assert.Equal(["1", "3"], end.CarryoverEvents.Select(e => e.EventRaised.Input));
        Assert.Single(response.Actions);
    }

    [Fact]
    public void Continue_as_new_can_forget_events()
    {
        var script = For<int, int>((context, n) =>
        {
            context.ContinueAsNew(n, preserveUnprocessedEvents: false);
            return Task.FromResult(0);
        });
        Assert.Empty(script.Turn(Raised("x")).End().CarryoverEvents);
    }

    [Fact]
    public void A_wait_with_a_timeout_takes_its_timer_first_even_for_a_buffered_event()
    {
        var script = For<object?, string>(async (context, _) =>
        {
            await context.CallActivityAsync("A");
            return await context.WaitForExternalEventAsync<string>("e", TimeSpan.FromMinutes(1)) + await context.CallActivityAsync<string>("B");
        });
        script.Turn(Raised("e", "\"x\""));
        Assert.Equal([1, 2], script.Turn(Done(0)).Ids());
        script.Turn(Fired(1));
        Assert.Equal("\"xy\"", script.Turn(Done(2, "\"y\"")).Result());
    }

    [Fact]
    public void An_event_after_its_timeout_waits_for_the_next_wait()
    {
        var script = For<object?, string>(async (context, _) =>
        {
            await Assert.ThrowsAsync<TaskCanceledException>(() => context.WaitForExternalEventAsync<string>("e", TimeSpan.FromSeconds(1)));
            await context.CallActivityAsync("A");
            return await context.WaitForExternalEventAsync<string>("e");
        });
        script.Turn();
        script.Turn(Fired(0), Raised("e", "\"late\""));
        Assert.Equal("\"late\"", script.Turn(Done(1)).Result());
    }

    [Fact]
    public void Cancelled_timers_and_waits_end_at_once()
    {
        var script = For<object?, string>(async (context, _) =>
        {
            using var cancel = new CancellationTokenSource();
            var (timer, wait) = (context.CreateTimer(TimeSpan.FromHours(1), cancel.Token), context.WaitForExternalEventAsync<string>("e", cancel.Token));
            cancel.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => timer);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
            return await context.WaitForExternalEventAsync<string>("e");
        });
        script.Turn();
        Assert.Equal("\"x\"", script.Turn(Raised("e", "\"x\"")).Result());
    }

    [Fact]
    public void Retries_take_new_ids_and_grow_their_delay()
    {
        var policy = new WorkflowTaskOptions(new WorkflowRetryPolicy(3, TimeSpan.FromSeconds(2), 3));
        var script = For<object?, int>((context, _) => context.CallActivityAsync<int>("A", null, policy));
        Assert.Equal([0], script.Turn().Ids());
        var timer = Assert.Single(script.Turn(Failed(0)).Actions);
        Assert.Equal((1, new DateTime(2026, 1, 1, 0, 0, 4, DateTimeKind.Utc)), (timer.Id, timer.CreateTimer.FireAt.ToDateTime()));
        Assert.Equal([2], script.Turn(Fired(1)).Ids());
        Assert.Equal([3], script.Turn(Failed(2)).Ids());
        Assert.Equal([4], script.Turn(Fired(3)).Ids());
        Assert.Equal(OrchestrationStatus.Failed, script.Turn(Failed(4)).End().OrchestrationStatus);
    }

    [Fact]
    public void A_fault_that_no_retry_can_mend_is_not_retried()
    {
        var script = For<object?, int>((context, _) => context.CallActivityAsync<int>("A", null, new(new WorkflowRetryPolicy(3, TimeSpan.FromSeconds(2)))));
        script.Turn();
        Assert.Equal(OrchestrationStatus.Failed, script.Turn(Failed(0, final: true)).End().OrchestrationStatus);
    }

    [Fact]
    public void The_status_is_sent_with_every_turn()
    {
        var script = For<object?, int>(async (context, _) =>
        {
            context.SetCustomStatus(new { Step = 1 });
            await context.CallActivityAsync("A");
            return await context.CallActivityAsync<int>("B");
        });
        Assert.Equal("{\"step\":1}", script.Turn().CustomStatus);
        Assert.Equal("{\"step\":1}", script.Turn(Done(0)).CustomStatus);
    }

    [Fact]
    public void A_payload_of_another_type_fails_the_step_with_its_name()
    {
        var script = For<object?, int>((context, _) => context.CallActivityAsync<int>("A"));
        script.Turn();
        Assert.Contains("activity 'A'", script.Turn(Done(0, "\"text\"")).End().FailureDetails.ErrorMessage);
    }

    [Fact]
    public void Logs_appear_once()
    {
        var lines = new List<string>();
        using var loggers = LoggerFactory.Create(b => b.AddProvider(new Lines(lines)));
        var options = new WorkflowRuntimeOptions();
        options.RegisterWorkflow<object?, int>("W", async (context, _) =>
        {
            var logger = context.CreateReplaySafeLogger("w");
            logger.LogInformation("one");
            await context.CallActivityAsync("A");
            logger.LogInformation("two");
            return 1;
        });
        var first = new OrchestratorRequest { InstanceId = "i", NewEvents = { Started(), Begun() } };
        Dapr.Workflow.Replay.Turn.Run(first, options.Workflows, loggers);
        var second = new OrchestratorRequest { InstanceId = "i", PastEvents = { first.NewEvents }, NewEvents = { Started(), Done(0) } };
        second.PastEvents.Add(new HistoryEvent { EventId = 0, TaskScheduled = new() { Name = "A" } });
        Dapr.Workflow.Replay.Turn.Run(second, options.Workflows, loggers);
        Assert.Equal(["one", "two"], lines);

        static HistoryEvent Started() => new() { Timestamp = new(), OrchestratorStarted = new() };
        static HistoryEvent Begun() => new() { Timestamp = new(), ExecutionStarted = new() { Name = "W", OrchestrationInstance = new() { InstanceId = "i" } } };
    }

    [Fact]
    public async Task Work_that_left_the_turn_cannot_act()
    {
        Task? stray = null;
        var script = For<object?, int>(async (context, _) =>
        {
            stray = Task.Run(async () =>
            {
                await Task.Delay(20);
                await context.CallActivityAsync("Stray");
            });
            return await context.CallActivityAsync<int>("A");
        });
        Assert.Equal([0], script.Turn().Ids());
        Assert.Contains("outside its turn", (await Assert.ThrowsAsync<InvalidOperationException>(() => stray!)).Message);
    }

    [Fact]
    public void Ids_differ_between_executions_and_purposes()
    {
        var ids = new List<Guid>();
        foreach (var seed in new[] { "a", "b" })
            foreach (var purpose in new[] { "guid", "task" })
                for (var n = 0; n < 100; n++)
                    ids.Add(Dapr.Workflow.Replay.StableGuid.Create(seed, purpose, n));
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    private sealed class Lines(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => lines.Add(formatter(state, exception));
        public void Dispose() { }
    }
}
