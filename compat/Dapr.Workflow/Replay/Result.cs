using Dapr.Workflow.Hosting;
using Dapr.Workflow.Wire;

namespace Dapr.Workflow.Replay;

/// <summary>A task of the workflow that history will complete.</summary>
internal interface IResult
{
    void Complete(string? payload);
    void Fail(TaskFailureDetails? details);
}

/// <summary>Continuations run inline, on the thread of the turn: that is what makes the order of a replay the order of history.</summary>
internal sealed class Result<T>(string what) : TaskCompletionSource<T>, IResult
{
    public void Complete(string? payload)
    {
        T value;
        try
        {
            value = Payload.Read<T>(payload)!;
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or NotSupportedException)
        {
            TrySetException(new InvalidOperationException($"The payload of {what} is no {typeof(T).Name}: {e.Message}", e));
            return;
        }
        TrySetResult(value);
    }

    public void Fail(TaskFailureDetails? details)
    {
        details ??= new() { ErrorType = "Terminated", ErrorMessage = "It ended without a reason." };
        TrySetException(new WorkflowTaskFailedException($"{char.ToUpperInvariant(what[0])}{what[1..]} failed: {details.ErrorMessage}", new(details)));
    }
}
