using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Dapr.Sidecar.Workflows.Queue;
using Dapr.Sidecar.Workflows.Storage;
using Dapr.Workflow.Wire;
using Google.Protobuf.WellKnownTypes;

namespace Dapr.Sidecar.Workflows;

/// <summary>An engine per app id, and what goes between them: messages are kept in an outbox until their target has them, so a crash neither loses nor doubles one.</summary>
internal sealed partial class WorkflowEngines(WorkflowStore store, TimeProvider time, ILogger<WorkflowEngines> logger) : IHostedService, IDisposable
{
    private readonly ConcurrentDictionary<string, WorkflowEngine> _engines = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ActivityTask> _tasks = new();
    private readonly Alarms _alarms = new(time);
    private readonly string _process = Guid.NewGuid().ToString("N");
    private long _key, _message, _token;

    public WorkflowEngine Of(string app) => _engines.GetOrAdd(app, a => new(a, this, store, _alarms, time));

    public int ConnectedWorkers(string app) => Of(app).Queue.Workers;

    public long NewKey() => Interlocked.Increment(ref _key);

    /// <summary>Never that of an earlier process: its workers may still answer.</summary>
    public string NewToken() => $"{_process}.{Interlocked.Increment(ref _token)}";

    public List<StoredMessage> Number(List<Message> messages) => [.. messages.Select(m => new StoredMessage(Interlocked.Increment(ref _message), m))];

    public void Remember(ActivityTask task) => _tasks[task.Token] = task;

    public void Forget(ActivityTask task) => _tasks.TryRemove(task.Token, out _);

    public bool TryFindTask(ActivityResponse response, [NotNullWhen(true)] out ActivityTask? task) => response.CompletionToken.Length > 0
        ? _tasks.TryGetValue(response.CompletionToken, out task)
        : (task = _tasks.Values.FirstOrDefault(t => t.Request.TaskId == response.TaskId && t.Request.OrchestrationInstance.InstanceId == response.InstanceId)) is not null;

    public void Deliver(List<StoredMessage> messages)
    {
        foreach (var message in messages)
            _ = DeliverAsync(message);
    }

    /// <summary>Takes up everything an earlier process left, before the first request is served.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await store.CreateTablesAsync(cancellationToken);
        var (live, tasks, timers, messages, apps) = store.Read(c =>
        {
            _key = WorkflowRows.MaxKey(c);
            return (WorkflowRows.Live(c), WorkflowRows.Tasks(c), WorkflowRows.Timers(c), WorkflowRows.Messages(c), WorkflowRows.Apps(c));
        });
        _message = messages.Count == 0 ? 0 : messages[^1].Seq;
        var ids = new Dictionary<long, string>();
        foreach (var (app, instance) in live)
        {
            ids[instance.Key] = instance.Id;
            Of(app).Recover(instance);
        }
        foreach (var timer in timers.Where(t => ids.ContainsKey(t.Key)))
            Of(apps[timer.Key]).Recover(ids[timer.Key], timer);
        foreach (var task in tasks.Where(t => apps.ContainsKey(t.Key)))
            Of(apps[task.Key]).Recover(task);
        Deliver(messages);
        if (live.Count > 0)
            LogRecovered(live.Count, tasks.Count, timers.Count, messages.Count);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _alarms.Dispose();

    private async Task DeliverAsync(StoredMessage stored)
    {
        var (seq, message) = stored;
        var target = Of(message.App);
        if (message.Event.ExecutionStarted is not { } start)
        {
            await target.TryAddAsync(message.Target, message.Event, message.Execution, c => WorkflowStore.DeleteMessage(c, seq));
            return;
        }
        if (await target.TryCreateAsync(message.Event, also: c => WorkflowStore.DeleteMessage(c, seq)))
            return;
        if (start.ParentInstance is null)
        {
            await store.CommitAsync(c => WorkflowStore.DeleteMessage(c, seq)); // a detached one has no parent to tell
            return;
        }
        // daprd 1.16 would retry the parent's turn once a second for as long as the other lives; its parent had better know.
        var failure = new TaskFailureDetails { ErrorType = "InstanceAlreadyExists", ErrorMessage = $"an active workflow with ID '{message.Target}' already exists", IsNonRetriable = true };
        var reply = Number([TurnOutcome.Report(start.ParentInstance, false, null, failure, Timestamp.FromDateTimeOffset(time.GetUtcNow()))]);
        await store.CommitAsync(c =>
        {
            WorkflowStore.DeleteMessage(c, seq);
            WorkflowStore.InsertMessage(c, reply[0].Seq, reply[0].Message);
        });
        Deliver(reply);
    }

    [LoggerMessage(LogLevel.Information, "Took up {Workflows} workflows with {Activities} activities, {Timers} timers and {Messages} messages on their way.")]
    private partial void LogRecovered(int workflows, int activities, int timers, int messages);
}
