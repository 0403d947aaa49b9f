using Dapr.Workflow.Wire;

namespace Dapr.Workflow.Hosting;

/// <summary>Faults on the wire.</summary>
internal static class Failure
{
    private const int MaxDepth = 8;
    private const int MaxText = 32 * 1024;

    public static TaskFailureDetails From(Exception exception) => From(exception, 0);

    public static TaskFailureDetails Permanent(string type, string message) => new() { ErrorType = type, ErrorMessage = message, IsNonRetriable = true };

    private static TaskFailureDetails From(Exception exception, int depth) => new()
    {
        ErrorType = exception.GetType().FullName ?? exception.GetType().Name,
        ErrorMessage = Cut(exception.Message),
        StackTrace = exception.StackTrace is { } trace ? Cut(trace) : null,
        IsNonRetriable = exception is Replay.NonDeterminismException,
        InnerFailure = exception is WorkflowTaskFailedException failed ? failed.FailureDetails.Details
            : exception.InnerException is { } inner && depth < MaxDepth ? From(inner, depth + 1) : null,
    };

    private static string Cut(string text) => text.Length <= MaxText ? text : text[..MaxText];
}
