using Dapr.Workflow.Hosting;
using Dapr.Workflow.Wire;
using Microsoft.Extensions.Logging;
using Kind = Dapr.Workflow.Wire.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Workflow.Replay;

/// <summary>One turn of a workflow: its code runs afresh over the past, then over what is new; the answer is what the code asked for and history lacks.</summary>
internal sealed class Turn
{
    private readonly IReadOnlyDictionary<string, Func<IWorkflow>> _workflows;
    private readonly ReplayContext _context;
    private readonly Queue<HistoryEvent> _held = new();
    private Task<object?>? _code;
    private Type _outputType = typeof(object);
    private CompleteOrchestrationAction? _completion;
    private bool _suspended, _started;

    private Turn(IReadOnlyDictionary<string, Func<IWorkflow>> workflows, ILoggerFactory loggers)
    {
        _workflows = workflows;
        _context = new(loggers);
    }

    /// <summary>Never throws for what the workflow's code does; a fault of it is the answer.</summary>
    public static OrchestratorResponse Run(OrchestratorRequest request, IReadOnlyDictionary<string, Func<IWorkflow>> workflows, ILoggerFactory loggers)
    {
        // Without a context and on the default scheduler every continuation of a completed task runs inline, ConfigureAwait or not.
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return new Turn(workflows, loggers).Answer(request);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private OrchestratorResponse Answer(OrchestratorRequest request)
    {
        try
        {
            foreach (var e in request.PastEvents)
                Take(e, past: true);
            if (request.PastEvents.Count > 0)
                EnsureConfirmed();
            _context.StopReplaying();
            foreach (var e in request.NewEvents)
                Take(e, past: false);
            if (!_suspended && _completion is null && _code is { IsCompleted: false } && _context.WaitsForNothing)
                throw new InvalidOperationException($"Workflow '{_context.Name}' awaits a task that its context did not give it; it would never go on.");
        }
        catch (Exception e) when (e is NonDeterminismException or InvalidOperationException)
        {
            Complete(OrchestrationStatus.Failed, failure: Failure.From(e));
            return Respond(request.InstanceId, [_completion!]);
        }
        finally
        {
            _context.End();
        }
        return _completion is { OrchestrationStatus: OrchestrationStatus.Terminated } ? Respond(request.InstanceId, [_completion])
            : _suspended ? Respond(request.InstanceId, [])
            : Respond(request.InstanceId, _completion is null ? [] : [_completion], _context.Pending.InOrder);
    }

    private OrchestratorResponse Respond(string instanceId, CompleteOrchestrationAction[] completion, IEnumerable<OrchestratorAction>? actions = null)
    {
        var response = new OrchestratorResponse { InstanceId = instanceId, CustomStatus = _context.CustomStatus };
        if (completion is [{ OrchestrationStatus: OrchestrationStatus.ContinuedAsNew } next])
        {
            if (_context.Next!.KeepEvents)
                next.CarryoverEvents.AddRange(_context.Inbox.Unread);
        }
        else if (actions is not null)
        {
            response.Actions.AddRange(actions);
        }
        foreach (var end in completion)
            response.Actions.Add(new OrchestratorAction { Id = -1, CompleteOrchestration = end });
        return response;
    }

    private void Take(HistoryEvent e, bool past)
    {
        if (_suspended && e.EventTypeCase is not (Kind.ExecutionResumed or Kind.ExecutionTerminated or Kind.OrchestratorStarted))
        {
            _held.Enqueue(e);
            return;
        }
        switch (e.EventTypeCase)
        {
            case Kind.OrchestratorStarted:
                if (past && _started)
                    EnsureConfirmed();
                _context.SetClock(e.Timestamp.ToDateTime());
                break;
            case Kind.ExecutionStarted when !_started:
                _started = true;
                Start(e);
                break;
            case Kind.TaskScheduled or Kind.TimerCreated or Kind.SubOrchestrationInstanceCreated or Kind.EventSent:
                if (_context.Pending.Confirm(e) is { } difference)
                    throw NonDeterminism(difference);
                break;
            case Kind.TaskCompleted:
                _context.Complete(e.TaskCompleted.TaskScheduledId, e.TaskCompleted.Result);
                break;
            case Kind.TaskFailed:
                _context.Fail(e.TaskFailed.TaskScheduledId, e.TaskFailed.FailureDetails);
                break;
            case Kind.SubOrchestrationInstanceCompleted:
                _context.Complete(e.SubOrchestrationInstanceCompleted.TaskScheduledId, e.SubOrchestrationInstanceCompleted.Result);
                break;
            case Kind.SubOrchestrationInstanceFailed:
                _context.Fail(e.SubOrchestrationInstanceFailed.TaskScheduledId, e.SubOrchestrationInstanceFailed.FailureDetails);
                break;
            case Kind.TimerFired:
                _context.Complete(e.TimerFired.TimerId, null);
                break;
            case Kind.EventRaised:
                _context.Inbox.Deliver(e);
                break;
            case Kind.ExecutionSuspended:
                _suspended = true;
                return;
            case Kind.ExecutionResumed:
                _suspended = false;
                for (var n = _held.Count; n > 0; n--)
                    Take(_held.Dequeue(), past);
                break;
            case Kind.ExecutionTerminated when _completion is null or { OrchestrationStatus: OrchestrationStatus.ContinuedAsNew }:
                Complete(OrchestrationStatus.Terminated, e.ExecutionTerminated.Input);
                break;
        }
        EndIfDone();
    }

    private void Start(HistoryEvent e)
    {
        var started = e.ExecutionStarted;
        _context.Begin(started, e.Timestamp);
        if (!_workflows.TryGetValue(started.Name, out var factory))
        {
            Complete(OrchestrationStatus.Failed, failure: Failure.Permanent("WorkflowNotFound", $"No workflow '{started.Name}' is registered in this app."));
            return;
        }
        try
        {
            var workflow = factory();
            _outputType = workflow.OutputType;
            _code = workflow.RunAsync(_context, Payload.Read(started.Input, workflow.InputType));
        }
        catch (Exception fault)
        {
            _code = Task.FromException<object?>(fault);
        }
    }

    private void EndIfDone()
    {
        if (_code is not { IsCompleted: true } || _completion is not null || _suspended || _context.Undelivered > 0)
            return;
        if (!_code.IsCompletedSuccessfully)
        {
            var fault = _code.Exception is { InnerExceptions: [var only] } ? only : (Exception?)_code.Exception ?? new TaskCanceledException(_code);
            Complete(OrchestrationStatus.Failed, failure: Failure.From(fault));
        }
        else if (_context.Next is { } next)
        {
            Complete(OrchestrationStatus.ContinuedAsNew, next.Input);
        }
        else
        {
            Finish();
        }
    }

    private void Finish()
    {
        try
        {
            Complete(OrchestrationStatus.Completed, Payload.Write(_code!.Result));
        }
        catch (Exception e) when (e is NotSupportedException or System.Text.Json.JsonException)
        {
            Complete(OrchestrationStatus.Failed, failure: Failure.From(new InvalidOperationException($"The result is no JSON ({_outputType.Name}): {e.Message}", e)));
        }
    }

    private void Complete(OrchestrationStatus status, string? result = null, TaskFailureDetails? failure = null)
    {
        _completion = new() { OrchestrationStatus = status, Result = result, FailureDetails = failure };
        _context.Inbox.Close();
    }

    /// <summary>At the end of a past turn history holds all the code asked for; a suspended one asks later.</summary>
    private void EnsureConfirmed()
    {
        if (!_suspended && _context.Pending.Count > 0)
            throw NonDeterminism($"the code has {PendingActions.Describe(_context.Pending.First)} as step {_context.Pending.First.Id}, history has nothing there.");
    }

    private NonDeterminismException NonDeterminism(string what) => new(_context.Name, _context.InstanceId, what);
}
