using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow;

namespace Dapr.Conformance.Tests.Workflows;

public abstract class StepFacts(WorkflowSite site) : WorkflowTest(site)
{
    [SkippableFact]
    public async Task Steps_run_in_order() => Assert.Equal(40, await ResultAsync<int>("Chain", 5));

    [SkippableFact]
    public async Task Names_ignore_case() => Assert.Equal(40, await ResultAsync<int>("cHAIN", 5));

    [SkippableFact]
    public async Task A_hundred_activities_run_side_by_side() => Assert.Equal(9900, await ResultAsync<long>("FanOut", 100));

    [SkippableFact]
    public async Task Null_goes_in_and_comes_out()
    {
        var state = await RunAsync("EchoOnce", null);
        Assert.Null(Completed<string>(state));
        Assert.Null(state.ReadInputAs<string>());
    }

    [SkippableFact]
    public async Task Text_of_any_kind_survives()
    {
        const string text = "\"quoted\" \\ \n \u00e4\u4e16 \U0001F600 <&>";
        var state = await RunAsync("EchoOnce", text);
        Assert.Equal(text, Completed<string>(state));
        Assert.Equal(text, state.ReadInputAs<string>());
    }

    [SkippableFact]
    public async Task A_failed_activity_fails_the_workflow_with_its_details()
    {
        var state = await RunAsync("FailOnce", "broken");
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Equal("Dapr.Workflow.WorkflowTaskFailedException", state.FailureDetails!.ErrorType);
        Assert.Contains("broken", state.FailureDetails.ErrorMessage);
    }

    [SkippableFact]
    public async Task A_failed_activity_can_be_caught() =>
        Assert.Equal("System.ArgumentException|broken|True", await ResultAsync<string>("CatchFailure", "broken"));

    [SkippableFact]
    public async Task A_fault_of_the_workflow_itself_is_its_failure()
    {
        var state = await RunAsync("Throw", 7);
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Equal("System.InvalidOperationException", state.FailureDetails!.ErrorType);
        Assert.Equal("no 7", state.FailureDetails.ErrorMessage);
    }

    [SkippableFact]
    public async Task A_retry_policy_tries_again_until_it_works() =>
        Assert.Equal(3, await ResultAsync<int>("Retry", new Flaky(NewId(), 2, 5)));

    [SkippableFact]
    public async Task A_retry_policy_gives_up_after_its_attempts()
    {
        var flaky = new Flaky(NewId(), 9, 2);
        var state = await RunAsync("Retry", flaky);
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Contains("run 2", state.FailureDetails!.ErrorMessage);
        Assert.Equal(2, Suite.Runs[flaky.Key]);
    }

    [SkippableFact]
    public async Task An_unknown_workflow_fails()
    {
        var state = await RunAsync("NoSuchWorkflow", 1);
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Equal("WorkflowNotFound", state.FailureDetails!.ErrorType);
    }

    [SkippableFact]
    public async Task An_unknown_activity_fails_its_caller()
    {
        var state = await RunAsync("CallUnknown", "NoSuchActivity");
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Contains("NoSuchActivity", state.FailureDetails!.ErrorMessage);
    }

    [SkippableFact]
    public async Task An_activity_knows_who_asked()
    {
        var id = await Client.ScheduleNewWorkflowAsync("AskWho", NewId(), "");
        Assert.Equal(id, Completed<string>(await EndAsync(id)));
    }

    [SkippableFact]
    public async Task A_timer_waits()
    {
        // A timer may fire up to a second early: its time is cut to whole seconds.
        Assert.InRange(await ResultAsync<double>("Sleep", 2.0), 0.9, 30);
    }

    [SkippableFact]
    public async Task Time_ids_and_replay_flag_are_stable()
    {
        var id = await Client.ScheduleNewWorkflowAsync("Deterministic", NewId(), 0);
        var facts = Completed<Facts>(await EndAsync(id))!;
        Assert.Equal(facts.Id.ToString(), facts.Echoed);
        Assert.NotEqual(facts.Id, facts.Again);
        Assert.True(facts.Start <= facts.End && facts.Start.Kind == DateTimeKind.Utc);
        Assert.Equal((true, false, "Deterministic", id), (facts.ReplayedAtStart, facts.ReplayedAtEnd, facts.Name, facts.InstanceId));
    }

    [SkippableFact]
    public async Task A_thousand_workflows_at_once_all_finish()
    {
        // daprd takes 40 s for them on two cores: the everyday run gives it 200.
        var count = Site is EmbeddedSite || Environment.GetEnvironmentVariable("MESH_TEST_FULL") is { Length: > 0 } ? 1000 : 200;
        int[] results = await Task.WhenAll(Enumerable.Range(0, count).Select(n => ResultAsync<int>("Chain", n)));
        Assert.Equal([.. Enumerable.Range(0, count).Select(n => n * 8)], results);
    }
}

[Collection(DaprdSite.Name)]
public sealed class StepFactsOnDaprd(DaprdSite site) : StepFacts(site);

[Collection(EmbeddedSite.Name)]
public sealed class StepFactsEmbedded(EmbeddedSite site) : StepFacts(site);
