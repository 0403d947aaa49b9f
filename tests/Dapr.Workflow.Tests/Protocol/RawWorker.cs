using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow.Wire;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dapr.Workflow.Tests.Protocol;

/// <summary>An embedded sidecar and a bare client of the protocol, shared by the tests of the class; each test opens streams of its own.</summary>
public sealed class RawSidecar : IAsyncLifetime
{
    private readonly EmbeddedSidecar _sidecar = new("raw");
    private GrpcChannel? _channel;

    internal TaskHubSidecarService.TaskHubSidecarServiceClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _sidecar.StartAsync();
        _channel = GrpcChannel.ForAddress(_sidecar.GrpcEndpoint);
        Client = new(_channel);
    }

    public async Task DisposeAsync()
    {
        _channel?.Dispose();
        await _sidecar.DisposeAsync();
    }

    internal RawWorker Connect(int turns = 0, int activities = 0) => new(Client, turns, activities);
}

/// <summary>A stream of work items that is read item by item and answers only what a test says.</summary>
internal sealed class RawWorker : IDisposable
{
    private readonly AsyncServerStreamingCall<WorkItem> _call;

    public RawWorker(TaskHubSidecarService.TaskHubSidecarServiceClient client, int turns, int activities) =>
        _call = client.GetWorkItems(new() { MaxConcurrentOrchestrationWorkItems = turns, MaxConcurrentActivityWorkItems = activities });

    public async Task<WorkItem> NextAsync()
    {
        Assert.True(await _call.ResponseStream.MoveNext(Deadline.Soon));
        return _call.ResponseStream.Current;
    }

    public void Dispose() => _call.Dispose();
}

internal static class Items
{
    public static OrchestratorResponse Answer(this WorkItem turn, params OrchestratorAction[] actions)
    {
        var response = new OrchestratorResponse { InstanceId = turn.OrchestratorRequest.InstanceId, CompletionToken = turn.CompletionToken };
        response.Actions.AddRange(actions);
        return response;
    }

    public static ActivityResponse Answer(this WorkItem activity, string json) => new()
    {
        InstanceId = activity.ActivityRequest.OrchestrationInstance.InstanceId,
        TaskId = activity.ActivityRequest.TaskId,
        Result = json,
        CompletionToken = activity.CompletionToken,
    };

    public static OrchestratorAction Schedule(int id, string name = "A") => new() { Id = id, ScheduleTask = new() { Name = name } };

    public static OrchestratorAction Complete(string json) => End(OrchestrationStatus.Completed, json);

    public static OrchestratorAction Again(string json) => End(OrchestrationStatus.ContinuedAsNew, json);

    private static OrchestratorAction End(OrchestrationStatus status, string json) =>
        new() { Id = -1, CompleteOrchestration = new() { OrchestrationStatus = status, Result = json } };

    public static IEnumerable<HistoryEvent.EventTypeOneofCase> Kinds(this WorkItem turn) => turn.OrchestratorRequest.NewEvents.Select(e => e.EventTypeCase);
}
