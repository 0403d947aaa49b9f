using Dapr.Conformance.Tests.Workflows;
using Dapr.Workflow;
using Xunit.Abstractions;

namespace Dapr.Workflow.Replay.Tests;

public sealed class HistoryTests(ITestOutputHelper output)
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Histories");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.jsonl").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Files))]
    public async Task Recorded_histories_replay_as_they_ran(string file)
    {
        await using var host = await ReplayHost.StartAsync(Suite.Register);
        Assert.Null(await host.VerifyAsync(File.ReadAllText(Path.Combine(Folder, file))));
    }

    [Fact]
    public async Task A_changed_step_is_found()
    {
        await using var host = await ReplayHost.StartAsync(options => options.RegisterWorkflow<int, int>("Chain", async (context, n) =>
        {
            n = await context.CallActivityAsync<int>("Double", n);
            n = await context.CallActivityAsync<int>("Triple", n);
            return await context.CallActivityAsync<int>("Double", n);
        }));
        var difference = await host.VerifyAsync(File.ReadAllText(Path.Combine(Folder, "Chain.Completed.jsonl")));
        output.WriteLine(difference);
        Assert.Contains("Triple", difference);
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
        var difference = await host.VerifyAsync(File.ReadAllText(Path.Combine(Folder, "Chain.Completed.jsonl")));
        output.WriteLine(difference);
        Assert.NotNull(difference);
    }
}
