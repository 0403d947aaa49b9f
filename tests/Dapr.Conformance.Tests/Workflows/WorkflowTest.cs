using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>What the facts of the suite share. A sidecar adds a two-line subclass of each class of facts.</summary>
public abstract class WorkflowTest
{
    protected WorkflowTest(WorkflowSite site)
    {
        Skip.If(site.Missing is not null, site.Missing);
        Site = site;
    }

    protected WorkflowSite Site { get; }
    protected DaprWorkflowClient Client => Site.App.Client;

    protected static string NewId() => Guid.NewGuid().ToString("N");

    protected async Task<WorkflowState> RunAsync(string name, object? input)
    {
        var id = await Client.ScheduleNewWorkflowAsync(name, NewId(), input);
        return await EndAsync(id);
    }

    protected async Task<T?> ResultAsync<T>(string name, object? input) => Completed<T>(await RunAsync(name, input));

    protected Task<WorkflowState> EndAsync(string id) => Client.WaitForWorkflowCompletionAsync(id, true, Deadline.Soon);

    protected static T? Completed<T>(WorkflowState state)
    {
        Assert.True(state.RuntimeStatus == WorkflowRuntimeStatus.Completed, $"{state.RuntimeStatus}: {state.FailureDetails}");
        return state.ReadOutputAs<T>();
    }

    /// <summary>Polls, since a client learns of a state change in no other way.</summary>
    protected async Task<WorkflowState> UntilAsync(string id, Func<WorkflowState, bool> holds)
    {
        for (var end = Deadline.Soon; ;)
        {
            var state = await Client.GetWorkflowStateAsync(id);
            if (holds(state))
                return state;
            await Task.Delay(50, end);
        }
    }
}
