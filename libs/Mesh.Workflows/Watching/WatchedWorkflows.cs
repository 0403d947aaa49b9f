using System.Collections.Concurrent;
using Dapr.DurableTask.Protobuf;

namespace Mesh.Workflows.Watching;

internal sealed class WatchedWorkflows
{
    public void Saw(WorkItem item) { }
    public void Answered(WorkflowResponse turn) { }
    public void Add(string id, DateTimeOffset? start) { }
}
