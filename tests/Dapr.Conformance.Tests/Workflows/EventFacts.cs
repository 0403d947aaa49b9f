using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow;
using Grpc.Core;

namespace Dapr.Conformance.Tests.Workflows;

public abstract class EventFacts(WorkflowSite site) : WorkflowTest(site)
{
    private const string SendPanics = "daprd 1.16 wedges the workflow, or panics.";

    [SkippableFact]
    public async Task Events_reach_their_waits_whatever_their_case()
    {
        var id = await Client.ScheduleNewWorkflowAsync("Collect", NewId(), new[] { "First", "second" });
        await Client.RaiseEventAsync(id, "fIRST", "a");
        await Client.RaiseEventAsync(id, "Second", "b");
        Assert.Equal("a,b", Completed<string>(await EndAsync(id)));
    }

    [SkippableFact]
    public async Task Events_raised_before_they_are_awaited_are_kept_in_order()
    {
        var id = await Client.ScheduleNewWorkflowAsync("Collect", NewId(), new[] { "late", "early", "early" });
        await Client.RaiseEventAsync(id, "early", "1");
        await Client.RaiseEventAsync(id, "EARLY", "2");
        await Client.RaiseEventAsync(id, "late", "3");
        Assert.Equal("3,1,2", Completed<string>(await EndAsync(id)));
    }

    [SkippableFact]
    public async Task An_event_raised_during_a_timer_is_there_afterwards()
    {
        var id = await Client.ScheduleNewWorkflowAsync("SleepThenCollect", NewId(), "x");
        await Client.RaiseEventAsync(id, "X", "kept");
        Assert.Equal("kept", Completed<string>(await EndAsync(id)));
    }

    [SkippableFact]
    public async Task A_wait_with_a_timeout_ends_by_event()
    {
        var id = await Client.ScheduleNewWorkflowAsync("WaitOrTimeOut", NewId(), 120.0);
        await Client.RaiseEventAsync(id, "go", "in time");
        Assert.Equal("in time", Completed<string>(await EndAsync(id)));
    }

    [SkippableFact]
    public async Task A_wait_with_a_timeout_ends_by_time() => Assert.Equal("timed out", await ResultAsync<string>("WaitOrTimeOut", 1.0));

    [SkippableFact]
    public async Task An_event_to_an_ended_workflow_is_lost_without_an_error()
    {
        var id = await Client.ScheduleNewWorkflowAsync("Chain", NewId(), 1);
        await EndAsync(id);
        await Client.RaiseEventAsync(id, "late", "x");
        Assert.Equal(8, Completed<int>(await Client.GetWorkflowStateAsync(id)));
    }

    [SkippableFact]
    public async Task An_event_to_an_unknown_workflow_is_an_error()
    {
        var e = await Assert.ThrowsAsync<RpcException>(() => Client.RaiseEventAsync(NewId(), "x", "y"));
        Assert.Contains("no such instance", e.Status.Detail, StringComparison.OrdinalIgnoreCase);
    }

    [SkippableFact]
    public async Task A_workflow_sends_an_event_to_another()
    {
        Skip.If(Site is DaprdSite, SendPanics);
        var target = await Client.ScheduleNewWorkflowAsync("Collect", NewId(), new[] { "Greeting" });
        var sender = await Client.ScheduleNewWorkflowAsync("SendTo", NewId(), target);
        Assert.Equal($"from {sender}", Completed<string>(await EndAsync(target)));
        Assert.Equal("sent", Completed<string>(await EndAsync(sender)));
    }

    [SkippableFact]
    public async Task A_workflow_that_sends_to_nobody_still_ends()
    {
        Skip.If(Site is DaprdSite, SendPanics);
        Assert.Equal("sent", await ResultAsync<string>("SendTo", "nobody-" + NewId()));
    }

    [SkippableFact]
    public async Task Unread_events_survive_continue_as_new()
    {
        var id = await Client.ScheduleNewWorkflowAsync("Count", NewId(), 0);
        foreach (var _ in Enumerable.Range(0, 10))
            await Client.RaiseEventAsync(id, "tick", "on");
        await Client.RaiseEventAsync(id, "tick", "stop");
        Assert.Equal(10, Completed<int>(await EndAsync(id)));
    }
}

[Collection(DaprdSite.Name)]
public sealed class EventFactsOnDaprd(DaprdSite site) : EventFacts(site);

[Collection(EmbeddedSite.Name)]
public sealed class EventFactsEmbedded(EmbeddedSite site) : EventFacts(site);
