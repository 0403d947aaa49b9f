using Dapr.Workflow.Hosting;
using Grpc.Core;

namespace Dapr.Workflow.Worker;

/// <param name="Payload">JSON, or null.</param>
internal sealed record RaisedEvent(string InstanceId, string EventName, string? Payload);

/// <summary>The activity behind <see cref="WorkflowContext.SendEvent"/>; every worker has it.</summary>
internal sealed class RaiseEventActivity(SidecarConnection sidecar) : WorkflowActivity<RaisedEvent, object?>
{
    public const string Name = "dapr-workflow-raise-event";

    public override async Task<object?> RunAsync(WorkflowActivityContext context, RaisedEvent input)
    {
        try
        {
            await sidecar.Client.RaiseEventAsync(new() { InstanceId = input.InstanceId, Name = input.EventName, Input = input.Payload },
                deadline: DateTime.UtcNow.AddSeconds(30));
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound || e.Status.Detail.Contains("no such instance", StringComparison.Ordinal))
        {
            // Fire and forget: an unknown target is nobody's fault here.
        }
        return null;
    }
}
