using Dapr.Workflow.Wire;

namespace Dapr.Workflow;

/// <summary>An activity or child workflow failed.</summary>
public class WorkflowTaskFailedException(string message, WorkflowTaskFailureDetails failureDetails) : Exception(message)
{
    public WorkflowTaskFailureDetails FailureDetails { get; } = failureDetails ?? throw new ArgumentNullException(nameof(failureDetails));
}

/// <summary>A fault as it travels between processes.</summary>
public class WorkflowTaskFailureDetails
{
    internal WorkflowTaskFailureDetails(TaskFailureDetails details) => Details = details;

    internal TaskFailureDetails Details { get; }

    /// <summary>Full name of the exception type.</summary>
    public string ErrorType => Details.ErrorType;
    public string ErrorMessage => Details.ErrorMessage;
    public string? StackTrace => Details.StackTrace;

    /// <summary>True when the fault was a <typeparamref name="T"/>, or of a subtype this process can load by name.</summary>
    public bool IsCausedBy<T>() where T : Exception =>
        ErrorType == typeof(T).FullName || (Type.GetType(ErrorType) ?? typeof(T).Assembly.GetType(ErrorType))?.IsAssignableTo(typeof(T)) == true;

    public override string ToString() => $"{ErrorType}: {ErrorMessage}";
}
