using Dapr.Sidecar.Workflows.Queue;
using Dapr.Sidecar.Workflows.Storage;
using Dapr.Workflow.Wire;

namespace Dapr.Sidecar.Workflows;

/// <summary>Work items: handing them out, taking their results.</summary>
internal sealed partial class WorkflowEngine
{
    /// <returns>Null when there is nothing to do any more.</returns>
    public async Task<OrchestratorRequest?> BeginTurnAsync(WorkflowInstance instance, string token, WorkerStream stream)
    {
        await instance.Gate.WaitAsync();
        try
        {
            instance.Queued = false;
            await instance.Appended; // a worker sees no result that a crash could take back
            if (!instance.Live || instance.Turn is not null || instance.Inbox.Count == 0)
                return null;
            var began = new HistoryEvent { EventId = -1, Timestamp = Now(), OrchestratorStarted = new() };
            instance.Turn = new(token, instance.Inbox.Count, began, stream);
            var request = new OrchestratorRequest { InstanceId = instance.Id };
            request.PastEvents.AddRange(instance.History);
            request.NewEvents.Add(began);
            request.NewEvents.AddRange(instance.Inbox.Select(e => e.Event));
            return request;
        }
        finally
        {
            instance.Gate.Release();
        }
    }

    /// <summary>Its stream is lost: another worker gets it.</summary>
    public async Task ReturnTurnAsync(WorkflowInstance instance, string token)
    {
        await instance.Gate.WaitAsync();
        try
        {
            if (instance.Turn?.Token != token)
                return;
            instance.Turn = null;
            Offer(instance);
        }
        finally
        {
            instance.Gate.Release();
        }
    }

    /// <summary>One transaction: all the turn did is on disk when this returns, or none of it.</summary>
    /// <returns>False when this answers no turn that is out: it was handed to another worker, or its instance is gone.</returns>
    /// <exception cref="FormatException">An action makes no sense.</exception>
    public async Task<bool> CompleteTurnAsync(OrchestratorResponse response)
    {
        var matched = false;
        await WithLiveAsync(response.InstanceId, async (instance, now) =>
        {
            if (instance.Turn is not { } turn || (response.CompletionToken.Length > 0 && response.CompletionToken != turn.Token))
                return;
            matched = true;
            var outcome = TurnOutcome.Of(app, instance, turn, response, now);
            if (outcome.Restart is null)
                await AdvanceAsync(instance, turn, outcome, response.CustomStatus);
            else
                await RestartAsync(instance, turn, outcome, response.CustomStatus);
            turn.Stream.TurnReported(turn.Token);
        });
        if (matched)
            Watch.Pulse(response.InstanceId);
        return matched;
    }

    private async Task AdvanceAsync(WorkflowInstance instance, Turn turn, TurnOutcome outcome, string? customStatus)
    {
        var suspended = outcome.Chunk.Events.Aggregate(instance.Suspended, (s, e) => e.ExecutionSuspended is not null || (s && e.ExecutionResumed is null));
        var updated = outcome.Chunk.Events[^1].Timestamp;
        var messages = engines.Number(outcome.Messages);
        var last = instance.Inbox[turn.Consumed - 1].Seq;
        await store.CommitAsync(c =>
        {
            WorkflowStore.InsertChunk(c, instance.Key, instance.NextChunk, outcome.Chunk);
            foreach (var task in outcome.Tasks)
                WorkflowStore.InsertTask(c, instance.Key, instance.Generation, task);
            foreach (var message in messages)
                WorkflowStore.InsertMessage(c, message.Seq, message.Message);
            WorkflowStore.Touch(c, instance, updated, suspended, customStatus, outcome.End);
            if (outcome.End is not null)
            {
                WorkflowStore.End(c, instance.Key);
                return;
            }
            WorkflowStore.DeleteInbox(c, instance.Key, last);
            foreach (var timer in outcome.Timers)
                WorkflowStore.InsertTimer(c, instance.Key, instance.Generation, timer);
        });
        instance.NextChunk++;
        instance.History.AddRange(outcome.Chunk.Events);
        instance.Inbox.RemoveRange(0, turn.Consumed);
        (instance.Suspended, instance.CustomStatus, instance.Updated, instance.Turn) = (suspended, customStatus, updated, null);
        instance.Publish();
        foreach (var task in outcome.Tasks)
            Schedule(instance.Key, instance.Generation, task);
        if (outcome.End is not null)
        {
            instance.Live = false;
            _live.TryRemove(new(instance.Id, instance));
        }
        else
        {
            foreach (var timer in outcome.Timers)
                SetTimer(instance.Id, instance.Key, instance.Generation, timer);
            Offer(instance);
        }
        engines.Deliver(messages);
    }

    private async Task RestartAsync(WorkflowInstance instance, Turn turn, TurnOutcome outcome, string? customStatus)
    {
        var inbox = outcome.Carried.Prepend(outcome.Restart!).Concat(instance.Inbox.Skip(turn.Consumed).Select(e => e.Event).Where(ConcernsNextGeneration))
            .Select(e => new InboxEntry(instance.NextInboxSeq++, e)).ToArray();
        await store.CommitAsync(c =>
        {
            WorkflowStore.Restart(c, instance.Key, instance.Generation + 1, outcome.Restart!);
            foreach (var entry in inbox)
                WorkflowStore.InsertInbox(c, instance.Key, entry);
            WorkflowStore.Touch(c, instance, outcome.Restart!.Timestamp, false, customStatus, null);
        });
        instance.Generation++;
        instance.Start = outcome.Restart!;
        instance.NextChunk = 0;
        instance.History.Clear();
        instance.Inbox.Clear();
        instance.Inbox.AddRange(inbox);
        (instance.Suspended, instance.CustomStatus, instance.Updated, instance.Turn) = (false, customStatus, outcome.Restart!.Timestamp, null);
        instance.Publish();
        Offer(instance);
    }

    /// <summary>Results of steps that the ended generation asked for mean nothing to the next one.</summary>
    private static bool ConcernsNextGeneration(HistoryEvent e) => e.EventTypeCase is HistoryEvent.EventTypeOneofCase.EventRaised
        or HistoryEvent.EventTypeOneofCase.ExecutionTerminated or HistoryEvent.EventTypeOneofCase.ExecutionSuspended or HistoryEvent.EventTypeOneofCase.ExecutionResumed;

    /// <summary>Takes a result; done when it is on disk. A second report of the same activity changes nothing.</summary>
    public async Task CompleteActivityAsync(ActivityResponse response)
    {
        if (!engines.TryFindTask(response, out var task) || !task.TryFinish())
            return;
        task.Stream?.ActivityReported(task.Token);
        await task.Owner.ReportAsync(task, response);
    }

    private async Task ReportAsync(ActivityTask task, ActivityResponse response)
    {
        var result = new HistoryEvent { EventId = -1, Timestamp = Now() };
        if (response.FailureDetails is { } failure)
            result.TaskFailed = new() { TaskScheduledId = task.Request.TaskId, FailureDetails = failure, TaskExecutionId = task.Request.TaskExecutionId };
        else
            result.TaskCompleted = new() { TaskScheduledId = task.Request.TaskId, Result = response.Result, TaskExecutionId = task.Request.TaskExecutionId };

        Task? commit = null;
        await WithLiveAsync(task.Request.OrchestrationInstance.InstanceId, (instance, _) =>
        {
            if (instance.Key == task.Key && instance.Generation == task.Generation)
                commit = Append(instance, result, c => WorkflowStore.DeleteTask(c, task.Key, task.Generation, task.Request.TaskId));
            return Task.CompletedTask;
        });
        await (commit ?? store.CommitAsync(c => WorkflowStore.DeleteTask(c, task.Key, task.Generation, task.Request.TaskId)));
        engines.Forget(task);
    }

    private void Schedule(long key, int generation, NewTask task)
    {
        var activity = new ActivityTask(this, key, generation, task.Request);
        engines.Remember(activity);
        engines.Of(task.App).Queue.Add(activity);
    }

    private void SetTimer(string id, long key, int generation, DueTimer timer) => alarms.Set(timer.At, () => _ = WithLiveAsync(id, (instance, _) =>
    {
        if (instance.Key != key || instance.Generation != generation)
            return Task.CompletedTask;
        timer.Fired.Timestamp = Now();
        return Append(instance, timer.Fired, c => WorkflowStore.DeleteTimer(c, key, generation, timer.Id));
    }));

    /// <summary>Takes up what an earlier process left.</summary>
    public void Recover(WorkflowInstance instance)
    {
        instance.Publish();
        _live[instance.Id] = instance;
        Offer(instance);
        if (instance is { Inbox: [var first], Queued: false } && first.Event.ExecutionStarted?.ScheduledStartTimestamp is { } at)
            alarms.Set(at.ToDateTimeOffset(), () => _ = WithLiveAsync(instance.Id, (i, _) => { Offer(i); return Task.CompletedTask; }));
    }

    public void Recover(string id, StoredTimer timer) => SetTimer(id, timer.Key, timer.Generation,
        new(timer.Fired.TimerFired.TimerId, timer.Fired.TimerFired.FireAt.ToDateTimeOffset(), timer.Fired));

    public void Recover(StoredTask task) => Schedule(task.Key, task.Generation, task.Task);
}
