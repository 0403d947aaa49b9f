using Dapr.DurableTask.Protobuf;

namespace Mesh.Workflows.Watching;

/// <summary>
/// Children whose start daprd 1.16 carried out but did not record, because it failed to set the child's reminder or was killed before it stored the turn. It gives the turn
/// out again, finds the child in its own way and tries for ever. The watchdog wakes such a child; once it has answered, its parent must not ask for it a second time.
/// </summary>
internal static class LostStarts
{
    public static void Drop(WorkflowRequest turn, WorkflowResponse answer)
    {
        if (answer.Actions.All(a => a.CreateChildWorkflow is null))
            return;
        var answered = new HashSet<int>();
        foreach (var e in turn.PastEvents.Concat(turn.NewEvents))
        {
            if (e.ChildWorkflowInstanceCompleted is { } done)
                answered.Add(done.TaskScheduledId);
            if (e.ChildWorkflowInstanceFailed is { } failed)
                answered.Add(failed.TaskScheduledId);
        }
        for (var n = answer.Actions.Count - 1; n >= 0; n--)
            if (answer.Actions[n].CreateChildWorkflow is not null && answered.Contains(answer.Actions[n].Id))
                answer.Actions.RemoveAt(n);
    }
}
