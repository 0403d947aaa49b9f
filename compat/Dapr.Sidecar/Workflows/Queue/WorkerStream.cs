using System.Collections.Concurrent;
using Dapr.Workflow.Wire;
using Grpc.Core;

namespace Dapr.Sidecar.Workflows.Queue;

/// <summary>One open stream of work items. What it has handed out and not seen reported goes back to the queue when it ends.</summary>
internal sealed class WorkerStream(WorkflowEngine engine, IServerStreamWriter<WorkItem> writer, int maxTurns, int maxActivities)
{
    private readonly SemaphoreSlim _turnSlots = new(maxTurns), _activitySlots = new(maxActivities), _writing = new(1, 1);
    private readonly ConcurrentDictionary<string, WorkflowInstance> _turns = new();
    private readonly ConcurrentDictionary<string, ActivityTask> _activities = new();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        engine.Queue.Join();
        try
        {
            var pumps = new[] { PumpTurnsAsync(either.Token), PumpActivitiesAsync(either.Token) };
            await Task.WhenAny(pumps);
            await either.CancelAsync();
            await Task.WhenAll(pumps);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The worker is gone; that ends the stream and is no fault.
        }
        finally
        {
            engine.Queue.Leave();
            foreach (var (token, instance) in _turns)
                await engine.ReturnTurnAsync(instance, token);
            foreach (var task in _activities.Values.Where(t => !t.Done))
                engine.Queue.Add(task);
        }
    }

    public void TurnReported(string token)
    {
        if (_turns.TryRemove(token, out _))
            _turnSlots.Release();
    }

    public void ActivityReported(string token)
    {
        if (_activities.TryRemove(token, out _))
            _activitySlots.Release();
    }

    private async Task PumpTurnsAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _turnSlots.WaitAsync(cancellationToken);
            var instance = await engine.Queue.Turns.ReadAsync(cancellationToken);
            var token = engine.NewToken();
            _turns[token] = instance;   // first, so that it goes back whatever happens next
            if (await engine.BeginTurnAsync(instance, token, this) is { } request)
                await SendAsync(new() { OrchestratorRequest = request, CompletionToken = token }, cancellationToken);
            else
                TurnReported(token);
        }
    }

    private async Task PumpActivitiesAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _activitySlots.WaitAsync(cancellationToken);
            var task = await engine.Queue.Activities.ReadAsync(cancellationToken);
            _activities[task.Token] = task;
            task.Stream = this;
            if (task.Done)
                ActivityReported(task.Token);
            else
                await SendAsync(new() { ActivityRequest = task.Request, CompletionToken = task.Token }, cancellationToken);
        }
    }

    private async Task SendAsync(WorkItem item, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await writer.WriteAsync(item, cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }
}
