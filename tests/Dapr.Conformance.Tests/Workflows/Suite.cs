using System.Collections.Concurrent;
using Dapr.Workflow;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>The workflows and activities of the suite.</summary>
internal static class Suite
{
    /// <summary>How often an activity ran, by a key its input names.</summary>
    public static ConcurrentDictionary<string, int> Runs { get; } = new();

    public static void Register(WorkflowRuntimeOptions options)
    {
        Activities(options);
        Steps(options);
        Events(options);
        Lives(options);
    }

    private static void Activities(WorkflowRuntimeOptions options)
    {
        options.RegisterActivity<int, int>("Double", (_, n) => Task.FromResult(n * 2));
        options.RegisterActivity<string?, string?>("Echo", (_, text) => Task.FromResult(text));
        options.RegisterActivity<int, string>("Letters", (_, count) => Task.FromResult(new string('x', count)));
        options.RegisterActivity<string, int>("Fail", (_, text) => throw new ArgumentException(text, new FormatException("inside")));
        options.RegisterActivity<string, string>("WhoAsked", (context, _) => Task.FromResult(context.InstanceId));
        options.RegisterActivity<Flaky, int>("FailFirst", (_, flaky) =>
            Runs.AddOrUpdate(flaky.Key, 1, (_, n) => n + 1) is var run && run <= flaky.Failures ? throw new TimeoutException($"run {run}") : Task.FromResult(run));
    }

    private static void Steps(WorkflowRuntimeOptions options)
    {
        options.RegisterWorkflow<int, int>("Chain", async (context, n) =>
        {
            for (var i = 0; i < 3; i++)
                n = await context.CallActivityAsync<int>("Double", n);
            return n;
        });
        options.RegisterWorkflow<int, long>("FanOut", async (context, count) =>
        {
            var all = await Task.WhenAll(Enumerable.Range(0, count).Select(n => context.CallActivityAsync<int>("Double", n)));
            return all.Sum(n => (long)n);
        });
        options.RegisterWorkflow<string, int>("Ignore", (_, _) => Task.FromResult(1));
        options.RegisterWorkflow<string?, string?>("EchoOnce", (context, text) => context.CallActivityAsync<string?>("Echo", text));
        options.RegisterWorkflow<string, int>("FailOnce", (context, text) => context.CallActivityAsync<int>("Fail", text));
        options.RegisterWorkflow<Flaky, int>("Retry", (context, flaky) => context.CallActivityAsync<int>("FailFirst", flaky,
            new(new WorkflowRetryPolicy(flaky.Attempts, TimeSpan.FromMilliseconds(200), 1.5))));
        options.RegisterWorkflow<string, string>("CatchFailure", async (context, text) =>
        {
            try
            {
                await context.CallActivityAsync("Fail", text);
                return "nothing";
            }
            catch (WorkflowTaskFailedException e)
            {
                return $"{e.FailureDetails.ErrorType}|{e.FailureDetails.ErrorMessage}|{e.FailureDetails.IsCausedBy<ArgumentException>()}";
            }
        });
        options.RegisterWorkflow<string, string>("CallUnknown", (context, name) => context.CallActivityAsync<string>(name, null));
        options.RegisterWorkflow<string, string>("AskWho", (context, _) => context.CallActivityAsync<string>("WhoAsked", ""));
        options.RegisterWorkflow<int, string>("BigResult", (context, count) => context.CallActivityAsync<string>("Letters", count));
        options.RegisterWorkflow<int, string>("BigAnswer", (_, count) => Task.FromResult(new string('x', count)));
        options.RegisterWorkflow<int, int>("ManyBig", async (context, count) =>
            (await Task.WhenAll(Enumerable.Range(0, count).Select(_ => context.CallActivityAsync<string>("Echo", new string('x', 1_000_000))))).Length);
        options.RegisterWorkflow<double, double>("Sleep", async (context, seconds) =>
        {
            var start = context.CurrentUtcDateTime;
            await context.CreateTimer(TimeSpan.FromSeconds(seconds));
            return (context.CurrentUtcDateTime - start).TotalSeconds;
        });
        options.RegisterWorkflow<int, Facts>("Deterministic", async (context, _) =>
        {
            var (id, now) = (context.NewGuid(), context.CurrentUtcDateTime);
            var replayed = context.IsReplaying;
            await context.CallActivityAsync("Double", 1);
            var again = context.NewGuid();
            await context.CallActivityAsync("Double", 1).ConfigureAwait(false);
            var echoed = await context.CallActivityAsync<string>("Echo", id.ToString()).ConfigureAwait(false);
            return new(id, again, echoed, now, context.CurrentUtcDateTime, replayed, context.IsReplaying, context.Name, context.InstanceId);
        });
        options.RegisterWorkflow<int, int>("Throw", (_, n) => throw new InvalidOperationException($"no {n}", new FormatException("inner")));
    }

    private static void Events(WorkflowRuntimeOptions options)
    {
        options.RegisterWorkflow<string[], string>("Collect", async (context, names) =>
        {
            var got = new List<string>();
            foreach (var name in names)
                got.Add(await context.WaitForExternalEventAsync<string>(name));
            return string.Join(",", got);
        });
        options.RegisterWorkflow<double, string>("WaitOrTimeOut", async (context, seconds) =>
        {
            try
            {
                return await context.WaitForExternalEventAsync<string>("go", TimeSpan.FromSeconds(seconds));
            }
            catch (TaskCanceledException)
            {
                return "timed out";
            }
        });
        options.RegisterWorkflow<string, string>("SleepThenCollect", async (context, name) =>
        {
            await context.CreateTimer(TimeSpan.FromSeconds(2));
            return await context.WaitForExternalEventAsync<string>(name);
        });
        options.RegisterWorkflow<string, string>("SendTo", (context, target) =>
        {
            context.SendEvent(target, "greeting", $"from {context.InstanceId}");
            return Task.FromResult("sent");
        });
        options.RegisterWorkflow<int, int>("Count", async (context, count) =>
        {
            context.SetCustomStatus(count);
            if (await context.WaitForExternalEventAsync<string>("tick") == "stop")
                return count;
            context.ContinueAsNew(count + 1);
            return -1;
        });
    }

    private static void Lives(WorkflowRuntimeOptions options)
    {
        options.RegisterWorkflow<int, int>("Loop", async (context, left) =>
        {
            await context.CallActivityAsync("Double", left);
            if (left == 0)
                return 42;
            context.ContinueAsNew(left - 1);
            return 0;
        });
        options.RegisterWorkflow<string[], string>("Parent", async (context, path) =>
        {
            context.SetCustomStatus($"depth {path.Length}");
            if (path.Length == 0)
                return await context.WaitForExternalEventAsync<string>("end");
            return $"{context.InstanceId}>" + await context.CallChildWorkflowAsync<string>("Parent", path[1..], new(path[0]));
        });
        options.RegisterWorkflow<string, string>("CatchChild", async (context, text) =>
        {
            try
            {
                return await context.CallChildWorkflowAsync<string>("FailOnce", text);
            }
            catch (WorkflowTaskFailedException e)
            {
                return e.FailureDetails.ErrorMessage;
            }
        });
        options.RegisterWorkflow<int, int>("Children", async (context, count) =>
            (await Task.WhenAll(Enumerable.Range(0, count).Select(n => context.CallChildWorkflowAsync<int>("Chain", n)))).Sum());
    }
}

/// <param name="Failures">How many runs fail first.</param>
internal sealed record Flaky(string Key, int Failures, int Attempts);

internal sealed record Facts(Guid Id, Guid Again, string Echoed, DateTime Start, DateTime End, bool ReplayedAtStart, bool ReplayedAtEnd, string Name, string InstanceId);
