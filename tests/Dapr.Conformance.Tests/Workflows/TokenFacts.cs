using Dapr.Conformance.Tests.Hosting;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>With DAPR_API_TOKEN set, the workflow channel is closed to those who do not show it, workers and clients alike.</summary>
public abstract class TokenFacts(Kind kind) : IAsyncLifetime
{
    private const string Token = "shown-to-the-sidecar";
    private SidecarSet? _sidecars;

    public async Task InitializeAsync()
    {
        if (kind.Missing is not null)
            return;
        _sidecars = kind.Create(new(new AppSpec("guarded", null)) { Environment = [("DAPR_API_TOKEN", Token)] });
        await _sidecars.StartAsync();
    }

    [SkippableTheory, InlineData(null), InlineData("wrong")]
    public async Task Without_the_right_token_every_call_is_refused(string? token)
    {
        Skip.If(kind.Missing is not null, kind.Missing);
        using var channel = GrpcChannel.ForAddress(_sidecars!.Grpc(0));
        var headers = new global::Grpc.Core.Metadata();
        if (token is not null)
            headers.Add("dapr-api-token", token);
        string[] calls =
        [
            "Hello", "GetWorkItems", "StartInstance", "GetInstance", "WaitForInstanceStart", "WaitForInstanceCompletion", "RaiseEvent", "TerminateInstance", "SuspendInstance", "ResumeInstance",
            "PurgeInstances", "CompleteOrchestratorTask", "CompleteActivityTask",
        ];
        foreach (var call in calls)
        {
            // An empty message is one of each kind.
            var method = new Method<byte[], byte[]>(MethodType.ServerStreaming, "TaskHubSidecarService", call, Marshallers.Create(b => b, b => b), Marshallers.Create(b => b, b => b));
            using var answer = channel.CreateCallInvoker().AsyncServerStreamingCall(method, null, new CallOptions(headers, DateTime.UtcNow.AddSeconds(30)), []);
            Assert.Equal((call, StatusCode.Unauthenticated), (call, (await Assert.ThrowsAsync<RpcException>(() => answer.ResponseStream.MoveNext(default))).StatusCode));
        }
    }

    [SkippableFact]
    public async Task A_worker_with_another_token_gets_no_work_and_one_with_the_right_token_does()
    {
        Skip.If(kind.Missing is not null, kind.Missing);
        var stolen = 0;
        await using var wrong = await WorkflowApp.StartAsync(_sidecars!.Grpc(0), _sidecars.Http(0), options =>
        {
            options.RegisterActivity<int, int>("Double", (_, n) => Task.FromResult(Interlocked.Increment(ref stolen)));
            options.RegisterWorkflow<int, int>("Chain", (_, _) => Task.FromResult(Interlocked.Increment(ref stolen)));
        }, "wrong");
        await using var right = await WorkflowApp.StartAsync(_sidecars.Grpc(0), _sidecars.Http(0), Suite.Register, Token);
        var fault = await Assert.ThrowsAsync<RpcException>(() => wrong.Client.ScheduleNewWorkflowAsync("Chain", null, 1));
        Assert.Equal(StatusCode.Unauthenticated, fault.StatusCode);
        for (var n = 1; n < 4; n++)
        {
            var id = await right.Client.ScheduleNewWorkflowAsync("Chain", null, n);
            Assert.Equal(8 * n, (await right.Client.WaitForWorkflowCompletionAsync(id, true, Deadline.Soon)).ReadOutputAs<int>());
        }
        Assert.Equal(0, stolen);
    }

    public async Task DisposeAsync()
    {
        if (_sidecars is not null)
            await _sidecars.DisposeAsync();
    }
}

public sealed class TokenFactsOnEmbedded() : TokenFacts(Kind.Embedded);

public sealed class TokenFactsOnDaprd() : TokenFacts(Kind.Daprd);
