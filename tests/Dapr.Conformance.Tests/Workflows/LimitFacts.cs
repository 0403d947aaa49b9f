using Dapr.Conformance.Tests.Limits;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow;
using Grpc.Core;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>Payloads at and over the body limit of 4 MiB, and frames that are none.</summary>
public abstract class LimitFacts(WorkflowSite site) : WorkflowTest(site)
{
    private const int Mebi = 1 << 20;

    [SkippableFact]
    public async Task A_result_below_the_limit_passes() => Assert.Equal(Mebi, (await ResultAsync<string>("BigResult", Mebi))!.Length);

    [SkippableFact]
    public async Task An_input_just_below_the_limit_starts_a_workflow()
    {
        var id = await Client.ScheduleNewWorkflowAsync("Ignore", NewId(), new string('x', 4 * Mebi - 1000));
        Assert.Equal(1, Completed<int>(await EndAsync(id)));
    }

    [SkippableFact]
    public async Task A_result_over_the_limit_fails_its_step_and_says_so()
    {
        var state = await RunAsync("BigResult", 5 * Mebi);
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Contains("pass a reference instead", state.FailureDetails!.ErrorMessage);
    }

    [SkippableFact]
    public async Task An_input_over_the_limit_is_refused() => Assert.Equal(StatusCode.ResourceExhausted,
        (await Assert.ThrowsAsync<RpcException>(() => Client.ScheduleNewWorkflowAsync("EchoOnce", NewId(), new string('x', 5 * Mebi)))).StatusCode);

    [SkippableFact]
    public async Task An_event_over_the_limit_is_refused_and_harms_nobody()
    {
        var id = await Client.ScheduleNewWorkflowAsync("Collect", NewId(), new[] { "a" });
        var e = await Assert.ThrowsAsync<RpcException>(() => Client.RaiseEventAsync(id, "a", new string('x', 5 * Mebi)));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        await Client.RaiseEventAsync(id, "a", "small");
        Assert.Equal("small", Completed<string>(await EndAsync(id)));
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
