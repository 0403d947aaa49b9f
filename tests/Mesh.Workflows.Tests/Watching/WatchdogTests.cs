using Dapr.Workflow.Wire;
using Mesh.Workflows.Watching;

namespace Mesh.Workflows.Tests.Watching;

public sealed class WatchdogTests
{
    [Fact]
    public async Task A_workflow_that_somebody_waits_for_and_that_stands_still_is_woken()
    {
        await using var sidecar = await FakeSidecar.StartAsync();
        using var end = new CancellationTokenSource();
        var wait = sidecar.Client.WaitForWorkflowCompletionAsync("w", cancellation: end.Token);
        await FakeSidecar.UntilAsync(() => sidecar.Calls.Raised.Contains(("w", Watchdog.WakeEvent)), "it is woken");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => wait);
    }

    [Theory, InlineData(OrchestrationStatus.Completed), InlineData(OrchestrationStatus.Suspended)]
    public async Task One_that_has_ended_or_is_suspended_is_left_alone(object status)
    {
        await using var sidecar = await FakeSidecar.StartAsync(calls => calls.Status = (OrchestrationStatus)status);
        using var end = new CancellationTokenSource();
        var wait = sidecar.Client.WaitForWorkflowCompletionAsync("w", cancellation: end.Token);
        await FakeSidecar.UntilAsync(() => sidecar.Calls.Questions > 0, "the watchdog looks");
        var looks = sidecar.Calls.Raised.Count;
        await FakeSidecar.UntilAsync(() => sidecar.Calls.Raised.Count > looks + 2, "it looks again at whether workflows are hosted");
        Assert.DoesNotContain(sidecar.Calls.Raised, r => r.Id == "w");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => wait);
    }

    [Fact]
    public async Task A_worker_that_the_sidecar_forgot_opens_its_stream_anew()
    {
        await using var sidecar = await FakeSidecar.StartAsync(calls => calls.IsHosted = () => calls.Streams > 1);
        await FakeSidecar.UntilAsync(() => sidecar.Calls.Streams == 2 && !sidecar.Calls.Raised.IsEmpty, "a second stream is open, and workflows are hosted");
        Assert.Equal(0, sidecar.Calls.Shutdowns);
    }

    [Fact]
    public async Task A_sidecar_that_hosts_nothing_even_then_is_told_to_end()
    {
        await using var sidecar = await FakeSidecar.StartAsync(calls => calls.IsHosted = () => false);
        await FakeSidecar.UntilAsync(() => sidecar.Calls.Shutdowns > 0, "it is told to end");
        Assert.Equal(2, sidecar.Calls.Streams);
    }

    [Fact]
    public async Task No_stream_opens_before_the_sidecar_is_well()
    {
        var well = false;
        await using var sidecar = await FakeSidecar.StartAsync(calls => calls.IsWell = () => Volatile.Read(ref well));
        await FakeSidecar.UntilAsync(() => sidecar.Calls.Hellos > 3, "it asks");
        Assert.Equal(0, sidecar.Calls.Streams);
        Volatile.Write(ref well, true);
        await FakeSidecar.UntilAsync(() => sidecar.Calls.Streams == 1, "the stream opens");
    }
}
