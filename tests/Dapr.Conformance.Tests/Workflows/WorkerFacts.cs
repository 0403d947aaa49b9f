using System.Collections.Concurrent;
using Dapr.Conformance.Tests.Hosting;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>Workers and sidecars that come and go.</summary>
public abstract class WorkerFacts
{
    protected WorkerFacts(WorkerSidecar shared)
    {
        Skip.If(shared.Site.Missing is not null, shared.Site.Missing);
        (Sidecar, Site) = (shared.Sidecar!, shared.Site);
    }

    private object Site { get; }

    private ISidecar Sidecar { get; }

    [SkippableFact]
    public async Task Another_worker_goes_on_after_a_clean_stop_and_after_a_crash()
    {
        string id;
        await using (var first = await WorkflowApp.StartAsync(Sidecar, Suite.Register))
            id = await first.Client.ScheduleNewWorkflowAsync("Collect", NewId(), new[] { "a", "b", "c" });

        var second = await WorkflowApp.StartAsync(Sidecar, Suite.Register);
        await second.Client.RaiseEventAsync(id, "a", "1", Deadline.Soon);
        await second.CrashAsync();

        await using var third = await WorkflowApp.StartAsync(Sidecar, Suite.Register);
        await third.Client.RaiseEventAsync(id, "b", "2", Deadline.Soon);
        await third.Client.RaiseEventAsync(id, "c", "3", Deadline.Soon);
        Assert.Equal("1,2,3", (await EndAsync(third, id)).ReadOutputAs<string>());
    }

    [SkippableFact]
    public async Task A_worker_that_is_told_to_stop_finishes_the_step_it_has_begun()
    {
        var (runs, started, go) = (0, new TaskCompletionSource(), new TaskCompletionSource());
        var first = await WorkflowApp.StartAsync(Sidecar, Register);
        var id = await first.Client.ScheduleNewWorkflowAsync("RunBegun", NewId(), 0);
        await started.Task.WaitAsync(Deadline.Soon);
        var stop = first.DisposeAsync().AsTask();
        go.SetResult();
        await stop;
        await using var second = await WorkflowApp.StartAsync(Sidecar, Register);
        Assert.Equal(1, (await EndAsync(second, id)).ReadOutputAs<int>());
        // A turn of daprd is no transaction: ended in the midst of one, it sends the step off again. What the workflow saw stays.
        Assert.InRange(runs, 1, Site is Hosting.DaprdSite ? 2 : 1);

        void Register(WorkflowRuntimeOptions options)
        {
            options.RegisterWorkflow<int, int>("RunBegun", (context, _) => context.CallActivityAsync<int>("Begun"));
            options.RegisterActivity<object?, int>("Begun", async (_, _) =>
            {
                var run = Interlocked.Increment(ref runs);
                started.TrySetResult();
                await go.Task;
                return run;
            });
        }
    }

    [SkippableFact]
    public async Task An_activity_of_a_crashed_worker_runs_again_on_another()
    {
        var started = new TaskCompletionSource();
        var never = new TaskCompletionSource<string>();
        var first = await WorkflowApp.StartAsync(Sidecar, options => Register(options, () =>
        {
            started.TrySetResult();
            return never.Task;
        }));
        var id = await first.Client.ScheduleNewWorkflowAsync("RunOne", NewId(), 0);
        await started.Task.WaitAsync(Deadline.Soon);
        await first.CrashAsync();

        await using var second = await WorkflowApp.StartAsync(Sidecar, options => Register(options, () => Task.FromResult("second")));
        Assert.Equal("second", (await EndAsync(second, id)).ReadOutputAs<string>());
        never.SetResult("too late");

        static void Register(WorkflowRuntimeOptions options, Func<Task<string>> one)
        {
            options.RegisterWorkflow<int, string>("RunOne", (context, _) => context.CallActivityAsync<string>("One"));
            options.RegisterActivity<object?, string>("One", (_, _) => one());
        }
    }

    [SkippableFact]
    public async Task A_cut_wire_is_mended_and_the_running_activity_is_not_run_again()
    {
        await using var wire = new TcpLink(Sidecar);
        var (runs, started, go) = (0, new TaskCompletionSource(), new TaskCompletionSource());
        await using var app = await WorkflowApp.StartAsync(wire, options =>
        {
            options.RegisterWorkflow<int, int>("RunSlow", (context, _) => context.CallActivityAsync<int>("Slow"));
            options.RegisterActivity<object?, int>("Slow", async (_, _) =>
            {
                var run = Interlocked.Increment(ref runs);
                started.TrySetResult();
                await go.Task;
                return run;
            });
        });
        var id = await app.Client.ScheduleNewWorkflowAsync("RunSlow", NewId(), 0);
        await started.Task.WaitAsync(Deadline.Soon);
        await wire.Wire.CutAsync();
        go.SetResult();
        wire.Wire.Mend();
        Assert.Equal(1, (await EndAsync(app, id)).ReadOutputAs<int>());
        Assert.Equal(1, runs);
    }

    [SkippableFact]
    public async Task A_stalled_wire_is_given_up_within_half_a_minute_and_the_running_activity_is_not_run_again()
    {
        // Real daprd learns that a worker is gone from its connection alone; the embedded sidecar also when it hears nothing for 15 s.
        await using var link = new TcpLink(Sidecar, tellsEnd: Site is Workflows.Hosting.DaprdSite);
        var (runs, started, go) = (0, new TaskCompletionSource(), new TaskCompletionSource());
        await using var app = await WorkflowApp.StartAsync(link, options =>
        {
            Suite.Register(options);
            options.RegisterWorkflow<int, int>("RunStalled", (context, _) => context.CallActivityAsync<int>("Stalled"));
            options.RegisterActivity<object?, int>("Stalled", async (_, _) =>
            {
                var run = Interlocked.Increment(ref runs);
                started.TrySetResult();
                await go.Task;
                return run;
            });
        });
        var id = await app.Client.ScheduleNewWorkflowAsync("RunStalled", NewId(), 0);
        await started.Task.WaitAsync(Deadline.Soon);
        var before = link.Wire.Connections;
        await link.Wire.StallAsync();
        await Eventually.HoldsAsync(() => link.Wire.Connections > before, "a new connection is made");
        go.SetResult();
        Assert.Equal(1, (await EndAsync(app, id)).ReadOutputAs<int>());
        Assert.Equal(1, runs);
        var next = await app.Client.ScheduleNewWorkflowAsync("Chain", NewId(), 1);
        Assert.Equal(8, (await EndAsync(app, next)).ReadOutputAs<int>());
    }

    [SkippableFact]
    public async Task A_worker_that_starts_first_waits_for_its_sidecar()
    {
        await Sidecar.KillAsync();
        await using var app = await WorkflowApp.StartAsync(Sidecar, Suite.Register);
        await Sidecar.StartAsync();
        var id = await app.Client.ScheduleNewWorkflowAsync("Chain", NewId(), 1);
        Assert.Equal(8, (await EndAsync(app, id)).ReadOutputAs<int>());
    }

    [SkippableFact]
    public async Task Two_workers_share_the_work()
    {
        Skip.If(Site is Hosting.DaprdSite, "daprd 1.16 leaves a workflow standing in some runs on a busy machine when two workers hang on one sidecar; here every process has its own.");
        var (a, b) = (new ConcurrentBag<int>(), new ConcurrentBag<int>());
        await using var first = await WorkflowApp.StartAsync(Sidecar, options => Register(options, a));
        await using var second = await WorkflowApp.StartAsync(Sidecar, options => Register(options, b));
        var ids = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => first.Client.ScheduleNewWorkflowAsync("Spread", NewId(), 20)));
        foreach (var id in ids)
            Assert.Equal(20, (await EndAsync(first, id)).ReadOutputAs<int>());
        Assert.True(a.Count > 0 && b.Count > 0, $"one worker ran {a.Count}, the other {b.Count}");
        Assert.Equal(200, a.Count + b.Count);

        static void Register(WorkflowRuntimeOptions options, ConcurrentBag<int> runs)
        {
            options.RegisterWorkflow<int, int>("Spread", async (context, n) =>
                (await Task.WhenAll(Enumerable.Range(0, n).Select(i => context.CallActivityAsync<int>("Note", i)))).Length);
            options.RegisterActivity<int, int>("Note", async (_, n) =>
            {
                await Task.Delay(5);
                runs.Add(n);
                return n;
            });
        }
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static Task<WorkflowState> EndAsync(WorkflowApp app, string id) => app.Client.WaitForWorkflowCompletionAsync(id, true, Deadline.After(TimeSpan.FromMinutes(4)));
}

/// <summary>A sidecar without an app; each test brings its own.</summary>
public abstract class WorkerSidecar(WorkflowSite site) : IAsyncLifetime
{
    public WorkflowSite Site { get; } = site;
    public ISidecar? Sidecar { get; private set; }

    public async Task InitializeAsync()
    {
        if (Site.Missing is not null)
            return;
        Sidecar = Site.Create("workers");
        await Sidecar.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (Sidecar is not null)
            await Sidecar.DisposeAsync();
    }
}

public sealed class DaprdWithoutApp() : WorkerSidecar(new Workflows.Hosting.DaprdSite());

public sealed class EmbeddedWithoutApp() : WorkerSidecar(new Workflows.Hosting.EmbeddedSite());

public sealed class WorkerFactsOnDaprd(DaprdWithoutApp sidecar) : WorkerFacts(sidecar), IClassFixture<DaprdWithoutApp>;

public sealed class WorkerFactsEmbedded(EmbeddedWithoutApp sidecar) : WorkerFacts(sidecar), IClassFixture<EmbeddedWithoutApp>;
