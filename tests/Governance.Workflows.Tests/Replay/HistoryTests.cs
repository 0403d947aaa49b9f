using System.Reflection;
using Dapr.Workflow;
using Dapr.Workflow.Tests.Replay;
using Governance.Workflows.Approval;

namespace Governance.Workflows.Tests.Replay;

/// <summary>
/// Histories that real daprd wrote of each workflow, against the code of today. A file that fails here is a change that instances under way would not survive: the changed
/// workflow gets a new class (ApprovalWorkflow becomes ApprovalWorkflow2), and what runs under the old name is begun again by its id under the new one.
/// </summary>
public sealed class HistoryTests
{
    private static readonly Type[] Workflows = [.. typeof(ApprovalWorkflow).Assembly.GetTypes().Where(t => !t.IsAbstract && t.BaseType is { IsGenericType: true } parent && parent.GetGenericTypeDefinition() == typeof(Workflow<,>))];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Histories");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.jsonl").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Files))]
    public async Task Recorded_histories_replay_as_they_ran(string file)
    {
        await using var host = await ReplayHost.StartAsync(Register);
        Assert.Null(await Read(file).DifferenceAsync(host));
    }

    [Fact]
    public void Each_workflow_and_each_of_its_ends_has_one()
    {
        var files = Directory.GetFiles(Folder).Select(f => Path.GetFileName(f)).ToArray();
        Assert.All(Workflows, w => Assert.Contains(files, f => f.Contains($".{w.Name}.Completed", StringComparison.Ordinal)));
        foreach (var story in Faults.Stories.All.Where(s => s.Value.HasWorkflow).Select(s => s.Key))
            Assert.Contains(files, f => f.StartsWith(story + ".", StringComparison.Ordinal));
    }

    /// <summary>That it is these workflows' steps that are compared.</summary>
    [Fact]
    public async Task A_step_that_is_left_out_is_found()
    {
        await using var host = await ReplayHost.StartAsync(options => options.RegisterWorkflow<ApprovalInput, string>(nameof(ApprovalWorkflow), async (context, input) =>
            (await context.CallActivityAsync<Decision>(nameof(DecideActivity), input.Proposal, Steps.Retry)).Outcome ?? ""));
        Assert.StartsWith("turn 0: history has [0 activity RemindActivity(", await Read("promoted.ApprovalWorkflow.Completed.jsonl").DifferenceAsync(host));
    }

    private static void Register(WorkflowRuntimeOptions options)
    {
        var register = typeof(WorkflowRuntimeOptions).GetMethods().Single(m => m is { Name: nameof(WorkflowRuntimeOptions.RegisterWorkflow), IsGenericMethod: true } && m.GetGenericArguments().Length == 1);
        foreach (var workflow in Workflows)
            register.MakeGenericMethod(workflow).Invoke(options, BindingFlags.Default, null, [null], null);
    }

    private static History Read(string file) => History.Read(File.ReadAllText(Path.Combine(Folder, file)));
}
