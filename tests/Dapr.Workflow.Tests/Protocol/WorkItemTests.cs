using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow.Wire;
using Grpc.Core;
using Kind = Dapr.Workflow.Wire.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Workflow.Tests.Protocol;

/// <summary>The embedded sidecar as a worker sees it that loses streams, answers late, twice or wrongly.</summary>
public sealed class WorkItemTests(RawSidecar sidecar) : IClassFixture<RawSidecar>
{
    [Fact]
    public async Task A_turn_of_a_lost_stream_goes_to_another_and_its_late_answer_is_refused()
    {
        var (id, start) = Start();
        WorkItem lost;
        using (var first = sidecar.Connect())
            lost = await first.NextAsync();
        using var second = sidecar.Connect();
        var again = await second.NextAsync();
        Assert.Equal(lost.OrchestratorRequest.NewEvents[1], again.OrchestratorRequest.NewEvents[1]);
        var late = await Assert.ThrowsAsync<RpcException>(() => sidecar.Client.CompleteOrchestratorTaskAsync(lost.Answer(Items.Complete("1"))).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, late.StatusCode);
        await sidecar.Client.CompleteOrchestratorTaskAsync(again.Answer(Items.Complete("2")));
        await start;
        Assert.Equal("2", (await StateAsync(id)).Output);
    }

    [Fact]
    public async Task An_activity_of_a_lost_stream_goes_to_another_and_the_first_result_counts()
    {
        var (id, start) = Start();
        WorkItem lost;
        using (var first = sidecar.Connect())
        {
            await sidecar.Client.CompleteOrchestratorTaskAsync((await first.NextAsync()).Answer(Items.Schedule(0)));
            await start;
            lost = await first.NextAsync();
        }
        using var second = sidecar.Connect();
        var again = await second.NextAsync();
        Assert.Equal(lost.ActivityRequest, again.ActivityRequest);
        await sidecar.Client.CompleteActivityTaskAsync(lost.Answer("\"late but first\""));
        await sidecar.Client.CompleteActivityTaskAsync(again.Answer("\"second\""));
        var turn = await second.NextAsync();
        Assert.Equal([Kind.OrchestratorStarted, Kind.TaskCompleted], turn.Kinds());
        Assert.Equal("\"late but first\"", turn.OrchestratorRequest.NewEvents[1].TaskCompleted.Result);
        await sidecar.Client.CompleteOrchestratorTaskAsync(turn.Answer(Items.Complete("1")));
        Assert.Equal(OrchestrationStatus.Completed, (await StateAsync(id)).OrchestrationStatus);
    }

    [Fact]
    public async Task A_worker_gets_no_more_items_than_it_asked_for()
    {
        var (_, start) = Start();
        using var worker = sidecar.Connect(turns: 1, activities: 1);
        await sidecar.Client.CompleteOrchestratorTaskAsync((await worker.NextAsync()).Answer(Items.Schedule(0), Items.Schedule(1)));
        await start;
        var one = await worker.NextAsync();
        using (var other = sidecar.Connect())
        {
            var two = await other.NextAsync();
            Assert.Equal([0, 1], new[] { one.ActivityRequest.TaskId, two.ActivityRequest.TaskId }.Order());
            await sidecar.Client.CompleteActivityTaskAsync(two.Answer("2"));
        }
        var turn = await worker.NextAsync();
        Assert.Equal([Kind.OrchestratorStarted, Kind.TaskCompleted], turn.Kinds());
        await sidecar.Client.CompleteOrchestratorTaskAsync(turn.Answer(Items.Complete("1")));
    }

    [Fact]
    public async Task Results_of_an_earlier_generation_do_not_reach_the_next()
    {
        var (id, start) = Start();
        using var worker = sidecar.Connect();
        await sidecar.Client.CompleteOrchestratorTaskAsync((await worker.NextAsync()).Answer(Items.Schedule(0)));
        await start;
        var old = await worker.NextAsync();
        await sidecar.Client.RaiseEventAsync(new() { InstanceId = id, Name = "go" });
        await sidecar.Client.CompleteOrchestratorTaskAsync((await worker.NextAsync()).Answer(Items.Again("\"next\"")));
        var next = await worker.NextAsync();
        Assert.Empty(next.OrchestratorRequest.PastEvents);
        Assert.Equal("\"next\"", next.OrchestratorRequest.NewEvents[1].ExecutionStarted.Input);
        await sidecar.Client.CompleteActivityTaskAsync(old.Answer("\"of the past\""));
        await sidecar.Client.CompleteOrchestratorTaskAsync(next.Answer(Items.Schedule(0)));
        await sidecar.Client.CompleteActivityTaskAsync((await worker.NextAsync()).Answer("\"of today\""));
        var last = await worker.NextAsync();
        Assert.Equal("\"of today\"", last.OrchestratorRequest.NewEvents[1].TaskCompleted.Result);
        await sidecar.Client.CompleteOrchestratorTaskAsync(last.Answer(Items.Complete("1")));
    }

    [Fact]
    public async Task An_answer_that_makes_no_sense_fails_its_workflow()
    {
        var (id, start) = Start();
        using (var worker = sidecar.Connect())
            await sidecar.Client.CompleteOrchestratorTaskAsync((await worker.NextAsync()).Answer(new OrchestratorAction { Id = 0 }));
        await start;
        var state = await StateAsync(id);
        Assert.Equal((OrchestrationStatus.Failed, "UnknownAction"), (state.OrchestrationStatus, state.FailureDetails.ErrorType));
    }

    [Fact]
    public async Task A_result_that_is_too_large_fails_its_step_and_its_neighbour_goes_on()
    {
        var (id, start) = Start();
        using var worker = sidecar.Connect(turns: 1);
        await sidecar.Client.CompleteOrchestratorTaskAsync((await worker.NextAsync()).Answer(Items.Schedule(0), Items.Schedule(1)));
        await start;
        var (one, two) = (await worker.NextAsync(), await worker.NextAsync());
        await sidecar.Client.CompleteActivityTaskAsync(one.Answer($"\"{new string('x', 5 << 20)}\""));
        var turn = await worker.NextAsync();
        Assert.Equal("PayloadTooLarge", turn.OrchestratorRequest.NewEvents[1].TaskFailed.FailureDetails.ErrorType);
        await sidecar.Client.CompleteOrchestratorTaskAsync(turn.Answer());
        await sidecar.Client.CompleteActivityTaskAsync(two.Answer("2"));
        var next = await worker.NextAsync();
        Assert.Equal("2", next.OrchestratorRequest.NewEvents[1].TaskCompleted.Result);
        await sidecar.Client.CompleteOrchestratorTaskAsync(next.Answer(Items.Complete("1")));
        Assert.Equal(OrchestrationStatus.Completed, (await StateAsync(id)).OrchestrationStatus);
    }

    [Fact]
    public async Task A_turn_that_is_too_large_fails_its_workflow()
    {
        var (id, start) = Start();
        using (var worker = sidecar.Connect())
            await sidecar.Client.CompleteOrchestratorTaskAsync((await worker.NextAsync()).Answer(Items.Complete($"\"{new string('x', 5 << 20)}\"")));
        await start;
        Assert.Equal("PayloadTooLarge", (await StateAsync(id)).FailureDetails.ErrorType);
    }

    [Fact]
    public async Task Instances_are_listed_page_by_page_and_their_histories_are_read()
    {
        var (id, start) = Start();
        using (var worker = sidecar.Connect())
            await sidecar.Client.CompleteOrchestratorTaskAsync((await worker.NextAsync()).Answer(Items.Complete("1")));
        await start;
        var ids = new List<string>();
        var page = new ListInstanceIDsRequest { PageSize = 1 };
        do
        {
            var answer = await sidecar.Client.ListInstanceIDsAsync(page);
            ids.AddRange(answer.InstanceIds);
            page.ContinuationToken = answer.ContinuationToken;
        }
        while (page.ContinuationToken.Length > 0);
        Assert.Single(ids, id);
        var history = await sidecar.Client.GetInstanceHistoryAsync(new() { InstanceId = id });
        Assert.Equal([Kind.OrchestratorStarted, Kind.ExecutionStarted, Kind.ExecutionCompleted], history.Events.Select(e => e.EventTypeCase));
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => sidecar.Client.GetInstanceHistoryAsync(new() { InstanceId = "nobody" }).ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task A_child_whose_id_is_taken_fails_its_parents_step()
    {
        var (parent, start) = Start();
        using var worker = sidecar.Connect();
        var turn = await worker.NextAsync();
        await sidecar.Client.CompleteOrchestratorTaskAsync(turn.Answer(new OrchestratorAction { Id = 0, CreateSubOrchestration = new() { InstanceId = parent, Name = "W" } }));
        await start;
        var told = await worker.NextAsync();
        Assert.Equal("InstanceAlreadyExists", told.OrchestratorRequest.NewEvents[1].SubOrchestrationInstanceFailed.FailureDetails.ErrorType);
        await sidecar.Client.CompleteOrchestratorTaskAsync(told.Answer(Items.Complete("1")));
    }

    [Theory, InlineData(CreateOrchestrationAction.Ignore), InlineData(CreateOrchestrationAction.Terminate), InlineData(CreateOrchestrationAction.Error)]
    public async Task A_live_id_follows_the_policy_of_its_caller(object policy)
    {
        var (id, start) = Start();
        using var worker = sidecar.Connect();
        var old = await worker.NextAsync();
        var again = new CreateInstanceRequest
        {
            InstanceId = id,
            Name = "W",
            Input = "\"new\"",
            OrchestrationIdReusePolicy = new() { Action = (CreateOrchestrationAction)policy, OperationStatus = { OrchestrationStatus.Pending, OrchestrationStatus.Running } },
        };
        switch ((CreateOrchestrationAction)policy)
        {
            case CreateOrchestrationAction.Ignore:
                await sidecar.Client.StartInstanceAsync(again);
                await sidecar.Client.CompleteOrchestratorTaskAsync(old.Answer(Items.Complete("1")));
                break;
            case CreateOrchestrationAction.Error:
                Assert.Contains("already exists", (await Assert.ThrowsAsync<RpcException>(() => sidecar.Client.StartInstanceAsync(again).ResponseAsync)).Status.Detail);
                await sidecar.Client.CompleteOrchestratorTaskAsync(old.Answer(Items.Complete("1")));
                break;
            default:
                var replaced = sidecar.Client.StartInstanceAsync(again).ResponseAsync;
                var fresh = await worker.NextAsync();
                Assert.Equal("\"new\"", fresh.OrchestratorRequest.NewEvents[1].ExecutionStarted.Input);
                await Assert.ThrowsAsync<RpcException>(() => sidecar.Client.CompleteOrchestratorTaskAsync(old.Answer(Items.Complete("1"))).ResponseAsync);
                await sidecar.Client.CompleteOrchestratorTaskAsync(fresh.Answer(Items.Complete("2")));
                await replaced;
                break;
        }
        await start;
        Assert.Equal(OrchestrationStatus.Completed, (await StateAsync(id)).OrchestrationStatus);
    }

    [Fact]
    public async Task Events_sent_by_a_workflow_reach_another()
    {
        var (target, started) = Start();
        using var worker = sidecar.Connect();
        await sidecar.Client.CompleteOrchestratorTaskAsync((await worker.NextAsync()).Answer());
        await started;
        var (_, sending) = Start();
        var turn = await worker.NextAsync();
        await sidecar.Client.CompleteOrchestratorTaskAsync(turn.Answer(
            new OrchestratorAction { Id = 0, SendEvent = new() { Instance = new() { InstanceId = target }, Name = "hello", Data = "1" } }, Items.Complete("1")));
        await sending;
        var got = await worker.NextAsync();
        Assert.Equal((target, "hello"), (got.OrchestratorRequest.InstanceId, got.OrchestratorRequest.NewEvents[1].EventRaised.Name));
        await sidecar.Client.CompleteOrchestratorTaskAsync(got.Answer(Items.Complete("1")));
    }

    private (string Id, Task Started) Start()
    {
        var id = Guid.NewGuid().ToString("N");
        return (id, sidecar.Client.StartInstanceAsync(new() { InstanceId = id, Name = "W" }, cancellationToken: Deadline.Soon).ResponseAsync);
    }

    private async Task<OrchestrationState> StateAsync(string id) => (await sidecar.Client.GetInstanceAsync(new() { InstanceId = id, GetInputsAndOutputs = true })).OrchestrationState;
}
