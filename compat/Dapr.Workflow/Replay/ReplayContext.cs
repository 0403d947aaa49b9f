using Dapr.Workflow.Hosting;
using Dapr.Workflow.Wire;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Replay;

/// <summary>The context of one turn: the code's calls become numbered actions, history's events complete them.</summary>
internal sealed class ReplayContext(ILoggerFactory loggers) : WorkflowContext
{
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly Dictionary<int, IResult> _results = [];
    private string _name = "", _instanceId = "", _seed = "";
    private int _nextId, _nextGuid;
    private bool _ended, _replaying = true;
    private DateTime _now;

    public PendingActions Pending { get; } = new();
    public EventInbox Inbox { get; } = new();

    /// <summary>JSON, or null.</summary>
    public string? CustomStatus { get; private set; }
    public Successor? Next { get; private set; }

    /// <summary>Events sent and not yet confirmed as delivered.</summary>
    public int Undelivered { get; private set; }

    /// <summary>True when nothing that history could bring would move the code.</summary>
    public bool WaitsForNothing => _results.Count == 0 && Pending.Count == 0 && !Inbox.HasWaits;

    public override string Name => _name;
    public override string InstanceId => _instanceId;
    public override DateTime CurrentUtcDateTime => _now;
    public override bool IsReplaying => _replaying;

    public void Begin(ExecutionStartedEvent started, Timestamp? at)
    {
        _name = started.Name;
        _instanceId = started.OrchestrationInstance?.InstanceId ?? "";
        var execution = started.OrchestrationInstance?.ExecutionId;
        _seed = $"{_instanceId}\n{(string.IsNullOrEmpty(execution) ? at?.ToString() : execution)}";
    }

    public void SetClock(DateTime now) => _now = now;

    public void StopReplaying() => _replaying = false;

    /// <summary>The turn is over: whatever still runs was started outside the context and must not act any more.</summary>
    public void End() => _ended = true;

    public void Complete(int id, string? payload)
    {
        if (_results.Remove(id, out var result))
            result.Complete(payload);
    }

    public void Fail(int id, TaskFailureDetails? details)
    {
        if (_results.Remove(id, out var result))
            result.Fail(details);
    }

    public override Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var payload = Payload.Write(input);
        return WithRetries(options?.RetryPolicy, () => ScheduleActivity<T>(name, payload));
    }

    public override Task<TResult> CallChildWorkflowAsync<TResult>(string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(workflowName);
        var payload = Payload.Write(input);
        return WithRetries(options?.RetryPolicy, () =>
        {
            var id = TakeId();
            // Explicit, since daprd's default ids repeat after continue-as-new; and fresh in every attempt of the turn: killed between making a child and
            // saving the turn, daprd 1.16 would meet the same id again and retry the turn for ever. The code cannot see the id, and history fixes it.
            var child = options?.InstanceId is { Length: > 0 } given ? given : Guid.NewGuid().ToString("N");
            var result = Expect<TResult>(id, $"child workflow '{workflowName}' ({child})");
            Pending.Add(new() { Id = id, CreateSubOrchestration = new() { InstanceId = child, Name = workflowName, Input = payload } });
            return result.Task;
        });
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);
        var timer = StartTimer(fireAt);
        return cancellationToken.CanBeCanceled ? Cancellable(timer, cancellationToken) : timer.Task;
    }

    public override Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        EnsureInTurn();
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        var (result, node) = Await<T>(eventName);
        return node is not null && cancellationToken.CanBeCanceled ? Cancellable(result, cancellationToken, node) : result.Task;
    }

    public override Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        if (timeout == Timeout.InfiniteTimeSpan)
            return WaitForExternalEventAsync<T>(eventName);
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        var timer = StartTimer(_now.Add(timeout));   // takes its id even if the event is there already, like the official SDK
        var (result, node) = Await<T>(eventName);
        if (node is null)
            return result.Task;
        return Raced();

        async Task<T> Raced()
        {
            if (await Task.WhenAny(result.Task, timer.Task) != result.Task)
            {
                node.List?.Remove(node);
                throw new TaskCanceledException($"No event '{eventName}' came within {timeout}.");
            }
            return await result.Task;
        }
    }

    /// <summary>An activity does it: the protocol's own action for this makes daprd 1.16 retry the turn for ever.</summary>
    public override void SendEvent(string instanceId, string eventName, object payload)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        Undelivered++;
        _ = Delivered(ScheduleActivity<object>(Worker.RaiseEventActivity.Name, Payload.Write(new Worker.RaisedEvent(instanceId, eventName, Payload.Write(payload)))));

        async Task Delivered(Task<object> sent)
        {
            await sent.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            Undelivered--;
        }
    }

    public override void SetCustomStatus(object? customStatus)
    {
        EnsureInTurn();
        CustomStatus = Payload.Write(customStatus);
    }

    public override ILogger CreateReplaySafeLogger(string categoryName) => new ReplaySafeLogger(loggers.CreateLogger(categoryName), this);

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        EnsureInTurn();
        Next = new(Payload.Write(newInput), preserveUnprocessedEvents);
    }

    public override Guid NewGuid()
    {
        EnsureInTurn();
        return StableGuid.Create(_seed, "guid", _nextGuid++);
    }

    private Task<T> ScheduleActivity<T>(string name, string? payload)
    {
        var id = TakeId();
        var result = Expect<T>(id, $"activity '{name}' (step {id})");
        Pending.Add(new() { Id = id, ScheduleTask = new() { Name = name, Input = payload, TaskExecutionId = StableGuid.Create(_seed, "task", id).ToString() } });
        return result.Task;
    }

    private Result<object> StartTimer(DateTime fireAt)
    {
        var id = TakeId();
        Pending.Add(new() { Id = id, CreateTimer = new() { FireAt = Timestamp.FromDateTime(fireAt.ToUniversalTime()) } });
        return Expect<object>(id, $"timer (step {id})");
    }

    private (Result<T> Result, LinkedListNode<IResult>? Node) Await<T>(string eventName)
    {
        var result = new Result<T>($"event '{eventName}'");
        if (!Inbox.TryTake(eventName, out var payload))
            return (result, Inbox.Wait(eventName, result));
        result.Complete(payload);
        return (result, null);
    }

    private async Task<T> WithRetries<T>(WorkflowRetryPolicy? policy, Func<Task<T>> attempt)
    {
        if (policy is null)
            return await attempt();
        var start = _now;
        for (var failures = 1; ; failures++)
        {
            TimeSpan delay;
            try
            {
                return await attempt();
            }
            catch (WorkflowTaskFailedException e) when (!e.FailureDetails.Details.IsNonRetriable && policy.NextDelay(failures, _now - start) is { } next)
            {
                delay = next;
            }
            await StartTimer(_now.Add(delay)).Task;
        }
    }

    private static async Task<T> Cancellable<T>(Result<T> result, CancellationToken cancellationToken, LinkedListNode<IResult>? wait = null)
    {
        await using var registration = cancellationToken.Register(() =>
        {
            wait?.List?.Remove(wait);
            result.TrySetCanceled(cancellationToken);
        });
        return await result.Task;
    }

    private Result<T> Expect<T>(int id, string what)
    {
        var result = new Result<T>(what);
        _results.Add(id, result);
        return result;
    }

    private int TakeId()
    {
        EnsureInTurn();
        return _nextId++;
    }

    /// <summary>Code that came back on another thread awaited something history does not know.</summary>
    private void EnsureInTurn()
    {
        if (_ended || Environment.CurrentManagedThreadId != _thread)
            throw new InvalidOperationException($"Workflow '{_name}' used its context outside its turn: it may await only tasks that its context gave it.");
    }
}

/// <param name="Input">JSON, or null.</param>
internal sealed record Successor(string? Input, bool KeepEvents);
