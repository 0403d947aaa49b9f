#if OFFICIAL_PACKAGES
using System.Collections.Concurrent;
using System.Diagnostics;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow;
using Grpc.Core;
using Xunit.Abstractions;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>What only the official worker does, each on a sidecar of its own: a turn that its sidecar refuses stops the whole worker again and again.</summary>
public abstract class OfficialFacts(WorkflowSite site, ITestOutputHelper output)
{
    private async Task WithAsync(Action<WorkflowRuntimeOptions>? more, Func<ISidecar, WorkflowApp, Task> act)
    {
        Skip.If(site.Missing is not null, site.Missing);
        await using var sidecar = site.Create("official");
        await sidecar.StartAsync();
        await using var app = await WorkflowApp.StartAsync(sidecar, options =>
        {
            Suite.Register(options);
            more?.Invoke(options);
        });
        // Warm, and registered with placement.
        var id = await app.Client.ScheduleNewWorkflowAsync("Chain", null, 1);
        await app.Client.WaitForWorkflowCompletionAsync(id, true, Deadline.Soon);
        await act(sidecar, app);
    }

    private static async Task<WorkflowState> EndAsync(WorkflowApp app, string id, int seconds = 20)
    {
        try
        {
            return await app.Client.WaitForWorkflowCompletionAsync(id, true, Deadline.After(TimeSpan.FromSeconds(seconds)));
        }
        catch (OperationCanceledException)
        {
            var state = await app.Client.GetWorkflowStateAsync(id);
            throw new TimeoutException($"still {state.RuntimeStatus} after {seconds} s");
        }
    }

    private async Task NeighboursAsync(WorkflowApp app, int count = 20)
    {
        var times = new List<double>();
        for (var n = 0; n < count; n++)
        {
            var clock = Stopwatch.StartNew();
            var id = await app.Client.ScheduleNewWorkflowAsync("Chain", null, n);
            Assert.Equal(8 * n, (await EndAsync(app, id, 60)).ReadOutputAs<int>());
            times.Add(clock.Elapsed.TotalSeconds);
        }
        output.WriteLine($"neighbours: median {times.Order().ElementAt(count / 2):0.00} s, worst {times.Max():0.00} s, all: {string.Join(" ", times.Select(t => t.ToString("0.00")))}");
    }

    [SkippableFact]
    public Task Neighbours_alone() => WithAsync(null, (_, app) => NeighboursAsync(app));

    [SkippableFact]
    public Task A_terminated_workflow_has_its_output() => WithAsync(null, async (_, app) =>
    {
        var id = await app.Client.ScheduleNewWorkflowAsync("Count", null, 0);
        await app.Client.TerminateWorkflowAsync(id, "enough");
        Assert.Equal("enough", (await EndAsync(app, id)).ReadOutputAs<string>());
    });

    [SkippableFact]
    public Task An_endless_wait_keeps_the_steps_after_it() => WithAsync(options => options.RegisterWorkflow<int, int>("EndlessWait", async (context, n) =>
    {
        await context.CallActivityAsync<int>("Double", n);
        await context.WaitForExternalEventAsync<string>("go", Timeout.InfiniteTimeSpan);
        n = await context.CallActivityAsync<int>("Double", n);
        return await context.CallActivityAsync<int>("Double", n);
    }), async (_, app) =>
    {
        var id = await app.Client.ScheduleNewWorkflowAsync("EndlessWait", null, 1);
        await Task.Delay(1000);
        await app.Client.RaiseEventAsync(id, "go", "x");
        Assert.Equal(4, (await EndAsync(app, id)).ReadOutputAs<int>());
    });

    [SkippableFact]
    public async Task A_patch_is_remembered()
    {
        var seen = new ConcurrentQueue<bool>();
        await WithAsync(options => options.RegisterWorkflow<int, string>("Patched", async (context, n) =>
        {
            await context.CallActivityAsync<int>("Double", n);
            var patched = context.IsPatched("one");
            seen.Enqueue(patched);
            await context.CallActivityAsync(patched ? "Double" : "Letters", n);
            await context.CallActivityAsync<int>("Double", n);
            return patched ? "new" : "old";
        }), async (_, app) =>
        {
            var id = await app.Client.ScheduleNewWorkflowAsync("Patched", null, 1);
            var state = await EndAsync(app, id);
            output.WriteLine($"{state.RuntimeStatus} {state.ReadOutputAs<string>()}; IsPatched said {string.Join(",", seen)}");
            Assert.Equal("new", state.ReadOutputAs<string>());
            Assert.DoesNotContain(false, seen);
        });
    }

    [SkippableFact]
    public Task A_detached_workflow_is_started() => WithAsync(options => options.RegisterWorkflow<string, string>("Detach", async (context, id) =>
        await context.ScheduleNewDetachedWorkflowAsync("Chain", id, 3)), async (_, app) =>
    {
        var other = Guid.NewGuid().ToString("N");
        var id = await app.Client.ScheduleNewWorkflowAsync("Detach", null, other).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(other, (await EndAsync(app, id)).ReadOutputAs<string>());
        Assert.Equal(24, (await EndAsync(app, other)).ReadOutputAs<int>());
    });

    [SkippableFact]
    public Task The_client_lists_reads_and_reruns() => WithAsync(null, async (_, app) =>
    {
        var id = await app.Client.ScheduleNewWorkflowAsync("Chain", null, 1);
        await EndAsync(app, id);
        var faults = new List<string>();
        async Task TryAsync(string name, Func<Task<string>> act)
        {
            try { output.WriteLine($"{name}: {await act()}"); }
            catch (RpcException e) { faults.Add($"{name}: {e.StatusCode} {e.Status.Detail}"); }
        }
        await TryAsync("list", async () => string.Join(",", (await app.Client.ListInstanceIdsAsync()).InstanceIds));
        await TryAsync("history", async () => string.Join(",", (await app.Client.GetInstanceHistoryAsync(id)).Select(e => e.EventType)));
        await TryAsync("rerun", async () =>
        {
            var again = await app.Client.RerunWorkflowFromEventAsync(id, 1, new() { NewInstanceId = Guid.NewGuid().ToString("N") });
            return (await EndAsync(app, again)).ReadOutputAs<int>().ToString();
        });
        Assert.True(faults.Count == 0, string.Join("\n", faults));
    });

    [SkippableFact]
    public Task A_step_of_another_app_is_not_run_here() => WithAsync(options => options.RegisterWorkflow<int, int>("Elsewhere", (context, n) =>
        context.CallActivityAsync<int>("Double", n, new WorkflowTaskOptions(TargetAppId: "elsewhere"))), async (_, app) =>
    {
        var id = await app.Client.ScheduleNewWorkflowAsync("Elsewhere", null, 1);
        var state = await app.Client.GetWorkflowStateAsync(id);
        await Task.Delay(3000);
        state = await app.Client.GetWorkflowStateAsync(id);
        Assert.True(state.RuntimeStatus == WorkflowRuntimeStatus.Running, $"{state.RuntimeStatus} {state.ReadOutputAs<int>()}");
    });

    [SkippableFact]
    public Task A_result_over_the_limit_does_not_stop_others() => WithAsync(null, async (_, app) =>
    {
        var id = await app.Client.ScheduleNewWorkflowAsync("BigResult", null, 5 << 20);
        await Task.Delay(500);
        await NeighboursAsync(app);
        var state = await app.Client.GetWorkflowStateAsync(id);
        output.WriteLine($"{state.RuntimeStatus} {state.FailureDetails?.ErrorMessage}");
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
    });

    [SkippableFact]
    public Task A_foreign_wait_does_not_stop_others() => WithAsync(null, async (_, app) =>
    {
        var id = await app.Client.ScheduleNewWorkflowAsync("AwaitForeign", null, 1);
        await NeighboursAsync(app);
        var state = await app.Client.GetWorkflowStateAsync(id);
        output.WriteLine($"{state.RuntimeStatus} {state.FailureDetails?.ErrorMessage}");
    });

    [SkippableFact]
    public Task An_event_sent_to_nobody_does_not_stop_others() => WithAsync(null, async (_, app) =>
    {
        var start = app.Client.ScheduleNewWorkflowAsync("SendTo", "sender", "nobody-there");
        await Task.WhenAny(start, Task.Delay(1000));
        await NeighboursAsync(app);
        output.WriteLine($"start: {start.Status} {start.Exception?.InnerException?.Message}");
        var state = await app.Client.GetWorkflowStateAsync("sender");
        output.WriteLine($"{state.RuntimeStatus} {state.FailureDetails?.ErrorMessage}");
        Assert.Equal(WorkflowRuntimeStatus.Completed, state.RuntimeStatus);
    });

    [SkippableFact]
    public Task An_answer_that_is_too_large_does_not_stop_others() => WithAsync(options => options.RegisterWorkflow<int, string>("BigAnswer", (_, n) => Task.FromResult(new string('x', n))), async (_, app) =>
    {
        var start = app.Client.ScheduleNewWorkflowAsync("BigAnswer", "big", 5 << 20);
        await Task.WhenAny(start, Task.Delay(1000));
        await NeighboursAsync(app);
        var state = await app.Client.GetWorkflowStateAsync("big");
        output.WriteLine($"{state.RuntimeStatus} {state.FailureDetails?.ErrorMessage}");
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
    });

    /// <summary>daprd 1.16 forgets its workflow actors when a stream of work items is opened too early.</summary>
    [SkippableFact]
    public async Task A_worker_that_starts_first_always_gets_work()
    {
        Skip.If(site.Missing is not null, site.Missing);
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("MESH_EARLY_ROUNDS"), out var r) ? r : 5;
        await using var sidecar = site.Create("early");
        await sidecar.StartAsync();
        await using var app = await WorkflowApp.StartAsync(sidecar, Suite.Register);
        var bad = new List<string>();
        for (var n = 0; n < rounds; n++)
        {
            await sidecar.KillAsync();
            await Task.Delay(Random.Shared.Next(0, 5000));
            await sidecar.StartAsync();
            var clock = Stopwatch.StartNew();
            for (string? id = null; ;)
            {
                try
                {
                    id ??= await app.Client.ScheduleNewWorkflowAsync("Chain", null, n).WaitAsync(TimeSpan.FromSeconds(30));
                    await EndAsync(app, id, 30);
                    break;
                }
                catch (RpcException e) when (clock.Elapsed.TotalSeconds < 40)
                {
                    output.WriteLine($"  {clock.Elapsed.TotalSeconds:0.0} {e.StatusCode} {e.Status.Detail}");
                    await Task.Delay(500);
                }
                catch (Exception e)
                {
                    bad.Add($"round {n}: {e.GetType().Name} {e.Message}");
                    break;
                }
            }
            output.WriteLine($"round {n}: first workflow after {clock.Elapsed.TotalSeconds:0.0} s");
        }
        Assert.True(bad.Count == 0, string.Join("\n", bad));
    }
}

public sealed class OfficialFactsOnDaprd(ITestOutputHelper output) : OfficialFacts(new DaprdSite(), output);

public sealed class OfficialFactsEmbedded(ITestOutputHelper output) : OfficialFacts(new EmbeddedSite(), output);
#endif
