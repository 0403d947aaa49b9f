using Dapr.DurableTask.Protobuf;
using Grpc.Core;
using Mesh.Workflows.Sidecar;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Workflows.Tests.Sidecar;

public sealed class CompletionsTests
{
    private readonly Completions _completions = new(NullLogger<Completions>.Instance);

    [Fact]
    public async Task A_result_that_is_too_large_fails_its_step()
    {
        var sent = await SendAsync(new ActivityResponse { InstanceId = "w", TaskId = 3, CompletionToken = "t", Result = new string('x', 1000) }, StatusCode.ResourceExhausted);
        Assert.Equal(2, sent.Count);
        Assert.Equal(("w", 3, "t"), (sent[1].InstanceId, sent[1].TaskId, sent[1].CompletionToken));
        Assert.Equal("PayloadTooLarge", sent[1].FailureDetails.ErrorType);
        Assert.True(string.IsNullOrEmpty(sent[1].Result));
    }

    [Fact]
    public async Task A_turn_that_is_too_large_fails_its_workflow()
    {
        var sent = await SendAsync(new WorkflowResponse { InstanceId = "w", CompletionToken = "t", CustomStatus = "\"x\"" }, StatusCode.ResourceExhausted);
        Assert.Equal(OrchestrationStatus.Failed, Assert.Single(sent[1].Actions).CompleteWorkflow.WorkflowStatus);
        Assert.Equal(("w", "t"), (sent[1].InstanceId, sent[1].CompletionToken));
    }

    [Theory, InlineData(StatusCode.NotFound), InlineData(StatusCode.DeadlineExceeded)]
    public async Task A_report_that_nobody_waits_for_is_dropped(StatusCode code) => Assert.Single(await SendAsync(new ActivityResponse { InstanceId = "w" }, code));

    [Fact]
    public async Task A_sidecar_that_is_away_is_the_streams_affair() =>
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => SendAsync(new ActivityResponse(), StatusCode.Unavailable))).StatusCode);

    private async Task<List<T>> SendAsync<T>(T report, StatusCode first)
    {
        var sent = new List<T>();
        await _completions.ReportAsync(report, r =>
        {
            sent.Add(r);
            return sent.Count == 1 ? Task.FromException<CompleteTaskResponse>(new RpcException(new(first, "so"))) : Task.FromResult(new CompleteTaskResponse());
        });
        return sent;
    }
}
