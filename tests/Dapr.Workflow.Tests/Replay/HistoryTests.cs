using Dapr.Conformance.Tests.Workflows;

namespace Dapr.Workflow.Tests.Replay;

/// <summary>Histories that real daprd wrote, against the code of today. A file that fails here is a change running instances would not survive.</summary>
public sealed class HistoryTests
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Histories");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.jsonl").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Files))]
    public async Task Recorded_histories_replay_as_they_ran(string file)
    {
        await using var host = await ReplayHost.StartAsync(Suite.Register);
        Assert.Null(await Read(file).DifferenceAsync(host));
    }

    [Fact]
    public void Histories_cover_steps_failures_timers_events_children_and_continuation() => Assert.Superset(
        new HashSet<string> { "Chain", "FanOut", "CatchFailure", "Retry", "Sleep", "Collect", "WaitOrTimeOut", "Parent", "Loop", "Count", "Children", "Deterministic" },
        Directory.GetFiles(Folder).Select(f => Path.GetFileName(f).Split('.')[0]).ToHashSet());

    [Fact]
    public async Task A_changed_step_is_found()
    {
        await using var host = await ReplayHost.StartAsync(options => options.RegisterWorkflow<int, int>("Chain", async (context, n) =>
        {
            n = await context.CallActivityAsync<int>("Double", n);
            n = await context.CallActivityAsync<int>("Triple", n);
            return await context.CallActivityAsync<int>("Double", n);
        }));
        var difference = await Read("Chain.Completed.jsonl").DifferenceAsync(host);
        Assert.StartsWith("turn 1: history has [1 activity Double(", difference);
        Assert.Contains("the code asks for [1 activity Triple(", difference);
    }

    [Theory, InlineData(2), InlineData(4)]
    public async Task A_step_too_many_and_a_step_too_few_are_found(int steps)
    {
        await using var host = await ReplayHost.StartAsync(options => options.RegisterWorkflow<int, int>("Chain", async (context, n) =>
        {
            for (var i = 0; i < steps; i++)
                n = await context.CallActivityAsync<int>("Double", n);
            return n;
        }));
        Assert.NotNull(await Read("Chain.Completed.jsonl").DifferenceAsync(host));
    }

    [Theory, InlineData(""), InlineData("{}"), InlineData("{}\n{"), InlineData("no\njson")]
    public void What_is_no_history_is_refused(string text) => Assert.Throws<FormatException>(() => History.Read(text));

    private static History Read(string file) => History.Read(File.ReadAllText(Path.Combine(Folder, file)));
}
