using Dapr.Conformance.Tests.Limits;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow;
using Mesh.Workflows.Payloads;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>Payloads at and over what a workflow carries, 1 MiB as JSON, and frames that are none.</summary>
public abstract class LimitFacts(WorkflowSite site) : WorkflowTest(site)
{
    private const int Most = (1 << 20) - 2; // between quotation marks

    [SkippableFact]
    public async Task A_result_at_the_limit_passes() => Assert.Equal(Most, (await ResultAsync<string>("BigResult", Most))!.Length);

    [SkippableFact]
    public async Task An_input_at_the_limit_starts_a_workflow()
    {
        var id = await Client.ScheduleNewWorkflowAsync("Ignore", NewId(), new string('x', Most));
        Assert.Equal(1, Completed<int>(await EndAsync(id)));
    }

    [SkippableFact]
    public async Task A_result_over_the_limit_fails_its_step_and_says_so()
    {
        var state = await RunAsync("BigResult", Most + 1);
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Contains("pass a reference instead", state.FailureDetails!.ErrorMessage);
    }

    [SkippableFact]
    public async Task An_answer_over_the_limit_fails_its_workflow_and_says_so()
    {
        var state = await RunAsync("BigAnswer", Most + 1);
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Contains("pass a reference instead", state.FailureDetails!.ErrorMessage);
    }

    [SkippableFact]
    public async Task An_input_over_the_limit_is_refused() =>
        await Assert.ThrowsAsync<PayloadTooLargeException>(() => Client.ScheduleNewWorkflowAsync("EchoOnce", NewId(), new string('x', Most + 1)));

    [SkippableFact]
    public async Task An_event_over_the_limit_is_refused_and_harms_nobody()
    {
        var id = await Client.ScheduleNewWorkflowAsync("Collect", NewId(), new[] { "a" });
        await Assert.ThrowsAsync<PayloadTooLargeException>(() => Client.RaiseEventAsync(id, "a", new string('x', Most + 1)));
        await Client.RaiseEventAsync(id, "a", "small");
        Assert.Equal("small", Completed<string>(await EndAsync(id)));
    }

    [SkippableFact]
    public async Task A_turn_that_is_too_large_in_all_fails_its_workflow_alone()
    {
        var state = await RunAsync("ManyBig", 6);
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Contains("The answer of a turn has", state.FailureDetails!.ErrorMessage);
        Assert.Equal(8, await ResultAsync<int>("Chain", 1));
    }

    [SkippableFact]
    public async Task Frames_of_noise_are_refused_and_the_sidecar_lives()
    {
        // Not the Complete calls: daprd retries an unknown item for minutes.
        string[] calls = ["GetInstance", "StartInstance", "RaiseEvent", "TerminateInstance", "SuspendInstance", "ResumeInstance", "PurgeInstances"];
        var random = new Random(11);
        using var http = new HttpClient { BaseAddress = new(Site.Sidecar.GrpcEndpoint), Timeout = TimeSpan.FromSeconds(10) };
        for (var n = 0; n < 300; n++)
            await Noise.SendAsync(http, $"/TaskHubSidecarService/{calls[n % calls.Length]}", random);
        Assert.Equal(8, await ResultAsync<int>("Chain", 1));
    }
}

[Collection(DaprdSite.Name)]
public sealed class LimitFactsOnDaprd(DaprdSite site) : LimitFacts(site);

[Collection(EmbeddedSite.Name)]
public sealed class LimitFactsEmbedded(EmbeddedSite site) : LimitFacts(site);
