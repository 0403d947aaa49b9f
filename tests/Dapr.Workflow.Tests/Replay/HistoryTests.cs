using Dapr.Conformance.Tests.Workflows;
using Dapr.Workflow.Replay;

namespace Dapr.Workflow.Tests.Replay;

/// <summary>Histories that real daprd wrote, against the code of today. A file that fails here is a change running instances would not survive.</summary>
public sealed class HistoryTests
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Histories");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.jsonl").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Files))]
    public void Recorded_histories_replay_as_they_ran(string file)
    {
        var options = new WorkflowRuntimeOptions();
        Suite.Register(options);
        Assert.Null(HistoryReplay.Verify(File.ReadAllText(Path.Combine(Folder, file)), options));
    }

    [Fact]
    public void Histories_cover_steps_failures_timers_events_children_and_continuation() => Assert.Superset(
        new HashSet<string> { "Chain", "FanOut", "CatchFailure", "Retry", "Sleep", "Collect", "WaitOrTimeOut", "Parent", "Loop", "Count", "Children", "Deterministic" },
        Directory.GetFiles(Folder).Select(f => Path.GetFileName(f).Split('.')[0]).ToHashSet());

    [Fact]
    public void A_changed_step_is_found()
    {
        var options = new WorkflowRuntimeOptions();
        options.RegisterWorkflow<int, int>("Chain", async (context, n) =>
        {
            n = await context.CallActivityAsync<int>("Double", n);
            n = await context.CallActivityAsync<int>("Triple", n);
            return await context.CallActivityAsync<int>("Double", n);
        });
        var difference = HistoryReplay.Verify(File.ReadAllText(Path.Combine(Folder, "Chain.Completed.jsonl")), options);
        Assert.Contains("'Chain'", difference);
        Assert.Contains("history has activity 'Double' as step 1, the code has activity 'Triple'", difference);
    }

    [Fact]
    public void A_step_too_many_and_a_step_too_few_are_found()
    {
        foreach (var steps in new[] { 2, 4 })
        {
            var options = new WorkflowRuntimeOptions();
            options.RegisterWorkflow<int, int>("Chain", async (context, n) =>
            {
                for (var i = 0; i < steps; i++)
                    n = await context.CallActivityAsync<int>("Double", n);
                return n;
            });
            Assert.NotNull(HistoryReplay.Verify(File.ReadAllText(Path.Combine(Folder, "Chain.Completed.jsonl")), options));
        }
    }

    [Theory, InlineData(""), InlineData("{}"), InlineData("{}\n{"), InlineData("no\njson")]
    public void Broken_files_are_refused(string text) => Assert.Throws<FormatException>(() => HistoryReplay.Verify(text, new()));
}
