using System.Collections.Concurrent;
using Dapr.Sidecar.Workflows.Queue;
using Dapr.Sidecar.Workflows.Storage;
using Dapr.Workflow.Wire;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;

namespace Dapr.Sidecar.Workflows;

/// <summary>The workflows of one app id: live ones in memory, ended ones on disk. An instance changes only with its gate held.</summary>
internal sealed partial class WorkflowEngine(string app, WorkflowEngines engines, WorkflowStore store, Alarms alarms, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, WorkflowInstance> _live = new(StringComparer.Ordinal);

    public WorkItemQueue Queue { get; } = new();
    public StateWatch Watch { get; } = new();

    public string NewToken() => engines.NewToken();

    /// <returns>Null for an unknown id.</returns>
    public OrchestrationState? Get(string id, bool payloads) =>
        _live.TryGetValue(id, out var live) ? live.Shown.ToState(payloads) : store.Read(c => WorkflowRows.Ended(c, app, id))?.ToState(payloads);

    /// <returns>Null for an unknown id.</returns>
    public List<HistoryEvent>? History(string id) => store.Read(c => WorkflowRows.History(c, app, id));

    public List<(long Key, string Id)> Page(long after, int count) => store.Read(c => WorkflowRows.Page(c, app, after, count));

    /// <summary>Makes an instance; an ended one of the same id is replaced.</summary>
    /// <param name="also">Written in the same transaction.</param>
    /// <returns>False when one of that id is live.</returns>
    public async Task<bool> TryCreateAsync(HistoryEvent start, bool replaceLive = false, Action<SqliteConnection>? also = null)
    {
        var id = start.ExecutionStarted.OrchestrationInstance.InstanceId;
        var instance = new WorkflowInstance(engines.NewKey(), id, start);
        await instance.Gate.WaitAsync();
        try
        {
            while (!_live.TryAdd(id, instance))
            {
                if (!replaceLive)
                    return false;
                if (_live.TryGetValue(id, out var old))
                    await DropAsync(old);
            }
            var entry = new InboxEntry(instance.NextInboxSeq++, start);
            instance.Inbox.Add(entry);
            await store.CommitAsync(c =>
            {
                WorkflowStore.DeleteById(c, app, id);
                WorkflowStore.InsertInstance(c, app, instance);
                WorkflowStore.InsertInbox(c, instance.Key, entry);
                also?.Invoke(c);
            });
            Offer(instance);
            if (start.ExecutionStarted.ScheduledStartTimestamp is { } at && at.ToDateTimeOffset() > time.GetUtcNow())
                alarms.Set(at.ToDateTimeOffset(), () => _ = WithLiveAsync(id, (i, _) => { Offer(i); return Task.CompletedTask; }));
        }
        finally
        {
            instance.Gate.Release();
        }
        Watch.Pulse(id);
        return true;
    }

    /// <summary>Puts an event into the inbox; done when it is on disk. Events to an ended instance are lost.</summary>
    /// <param name="execution">Only for this execution of the instance; null for any.</param>
    /// <param name="also">Written in the same transaction, also when the event is lost.</param>
    /// <returns>False for an unknown id.</returns>
    public async Task<bool> TryAddAsync(string id, HistoryEvent e, string? execution = null, Action<SqliteConnection>? also = null)
    {
        Task? commit = null;
        await WithLiveAsync(id, (instance, _) =>
        {
            if (execution is null || execution == instance.ExecutionId)
                commit = Append(instance, e, also);
            return Task.CompletedTask;
        });
        if (commit is not null)
        {
            await commit;
            return true;
        }
        if (also is not null)
            await store.CommitAsync(also);
        return store.Read(c => WorkflowRows.Ended(c, app, id)) is not null;
    }

    /// <summary>Gate held. The commit is in its place when this returns, so the gate may be released before it is done.</summary>
    private Task Append(WorkflowInstance instance, HistoryEvent e, Action<SqliteConnection>? also)
    {
        var entry = new InboxEntry(instance.NextInboxSeq++, e);
        instance.Inbox.Add(entry);
        var commit = store.CommitAsync(c =>
        {
            WorkflowStore.InsertInbox(c, instance.Key, entry);
            also?.Invoke(c);
        });
        instance.Appended = commit;
        Offer(instance);
        return commit;
    }

    /// <exception cref="WorkflowStateException">Unknown, or not ended.</exception>
    public async Task<int> PurgeAsync(string id, bool recursive)
    {
        var doomed = new List<(WorkflowEngine Engine, string Id)>();
        Collect(id, recursive, doomed, root: true);
        await store.CommitAsync(c =>
        {
            foreach (var (engine, name) in doomed)
                engine.DeleteEnded(c, name);
        });
        foreach (var (engine, name) in doomed)
            engine.Watch.Pulse(name);
        return doomed.Count;
    }

    /// <summary>Gate held, or the instance is not shared yet.</summary>
    private void Offer(WorkflowInstance instance)
    {
        if (!instance.HasWork(time.GetUtcNow()))
            return;
        instance.Queued = true;
        Queue.Add(instance);
    }

    private void Collect(string id, bool recursive, List<(WorkflowEngine, string)> doomed, bool root)
    {
        if (_live.ContainsKey(id))
            throw new WorkflowStateException(root ? WorkflowStateException.NotCompleted : $"failed to purge sub-orchestration: {WorkflowStateException.NotCompleted}");
        if (store.Read(c => WorkflowRows.Ended(c, app, id)) is not { } ended)
        {
            if (root)
                throw new WorkflowStateException(recursive ? $"failed to fetch orchestration state: {WorkflowStateException.NotFound}" : WorkflowStateException.NotFound);
            return;   // a descendant that somebody purged already
        }
        doomed.Add((this, id));
        if (!recursive)
            return;
        foreach (var child in store.Read(c => WorkflowRows.History(c, ended.Key)).Where(e => e.SubOrchestrationInstanceCreated is not null))
            engines.Of(child.Router is { HasTargetAppID: true } router ? router.TargetAppID : app).Collect(child.SubOrchestrationInstanceCreated.InstanceId, true, doomed, root: false);
    }

    private void DeleteEnded(SqliteConnection c, string id)
    {
        // A new instance may have taken the id since it was looked up.
        if (WorkflowRows.Ended(c, app, id) is { } ended)
            WorkflowStore.Delete(c, ended.Key);
    }

    /// <summary>For the reuse policy TERMINATE: the old instance vanishes, its id is free.</summary>
    private async Task DropAsync(WorkflowInstance old)
    {
        await old.Gate.WaitAsync();
        try
        {
            if (!old.Live)
                return;
            old.Live = false;
            old.Turn?.Stream.TurnReported(old.Turn.Token);
            _live.TryRemove(new(old.Id, old));
        }
        finally
        {
            old.Gate.Release();
        }
    }

    /// <returns>False when no instance of that id is live.</returns>
    private async Task<bool> WithLiveAsync(string id, Func<WorkflowInstance, DateTimeOffset, Task> act)
    {
        while (_live.TryGetValue(id, out var instance))
        {
            await instance.Gate.WaitAsync();
            try
            {
                if (!instance.Live)
                    continue;
                await act(instance, time.GetUtcNow());
                return true;
            }
            finally
            {
                instance.Gate.Release();
            }
        }
        return false;
    }

    private Timestamp Now() => Timestamp.FromDateTimeOffset(time.GetUtcNow());
}

/// <summary>Texts are daprd's.</summary>
internal sealed class WorkflowStateException(string message) : Exception(message)
{
    public const string NotFound = "no such instance exists";
    public const string NotCompleted = "orchestration has not yet completed";
}
