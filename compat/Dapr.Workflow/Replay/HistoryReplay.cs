using Dapr.Workflow.Wire;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Workflow.Replay;

/// <summary>
/// Replays the recorded last turn of a finished workflow against today's code. A file holds the turn as its sidecar sent it and the answer it got then,
/// one protobuf JSON document a line; today's answer must be the same, so a change of code that running instances could not bear is found by a test.
/// </summary>
internal static class HistoryReplay
{
    public static string Write(OrchestratorRequest request, OrchestratorResponse response) =>
        JsonFormatter.Default.Format(Comparable(request)) + "\n" + JsonFormatter.Default.Format(Comparable(response)) + "\n";

    /// <returns>Null when today's code does what it did, else what differs.</returns>
    /// <exception cref="FormatException">No recorded turn.</exception>
    public static string? Verify(string recorded, WorkflowRuntimeOptions options)
    {
        var lines = recorded.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length != 2)
            throw new FormatException($"A recorded turn has two lines, not {lines.Length}.");
        OrchestratorRequest request;
        OrchestratorResponse then;
        try
        {
            request = JsonParser.Default.Parse<OrchestratorRequest>(lines[0]);
            then = JsonParser.Default.Parse<OrchestratorResponse>(lines[1]);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw new FormatException($"A recorded turn cannot be read: {e.Message}", e);
        }
        var now = Comparable(Turn.Run(request, options.Workflows, NullLoggerFactory.Instance));
        if (now.Equals(then))
            return null;
        var fault = now.Actions.Select(a => a.CompleteOrchestration?.FailureDetails).FirstOrDefault(f => f is not null);
        return fault is not null && fault.ErrorType == typeof(NonDeterminismException).FullName ? fault.ErrorMessage
            : $"then {JsonFormatter.Default.Format(then)}\nnow  {JsonFormatter.Default.Format(now)}";
    }

    /// <summary>Without what differs between any two runs.</summary>
    private static OrchestratorResponse Comparable(OrchestratorResponse response)
    {
        var copy = response.Clone();
        copy.CompletionToken = "";
        foreach (var action in copy.Actions)
            Strip(action.CompleteOrchestration?.FailureDetails);
        return copy;
    }

    private static OrchestratorRequest Comparable(OrchestratorRequest request)
    {
        var copy = request.Clone();
        foreach (var e in copy.PastEvents.Concat(copy.NewEvents))
        {
            Strip(e.TaskFailed?.FailureDetails);
            Strip(e.SubOrchestrationInstanceFailed?.FailureDetails);
        }
        return copy;
    }

    private static void Strip(TaskFailureDetails? failure)
    {
        for (; failure is not null; failure = failure.InnerFailure)
            failure.StackTrace = null;
    }
}
