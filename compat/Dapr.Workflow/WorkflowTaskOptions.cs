namespace Dapr.Workflow;

/// <summary>How a failed activity or child workflow is tried again: after first * coefficient^n, at most the maximum, until attempts or time run out.</summary>
public class WorkflowRetryPolicy
{
    public WorkflowRetryPolicy(
        int maxNumberOfAttempts,
        TimeSpan firstRetryInterval,
        double backoffCoefficient = 1.0,
        TimeSpan? maxRetryInterval = null,
        TimeSpan? retryTimeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNumberOfAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstRetryInterval, TimeSpan.Zero);
        if (!(backoffCoefficient >= 1.0) || double.IsInfinity(backoffCoefficient))
            throw new ArgumentOutOfRangeException(nameof(backoffCoefficient), backoffCoefficient, "The coefficient is finite and at least 1.");
        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = maxRetryInterval ?? TimeSpan.FromHours(1);
        RetryTimeout = retryTimeout ?? Timeout.InfiniteTimeSpan;
    }

    /// <summary>The first attempt counts.</summary>
    public int MaxNumberOfAttempts { get; }
    public TimeSpan FirstRetryInterval { get; }
    public double BackoffCoefficient { get; }
    public TimeSpan MaxRetryInterval { get; }
    public TimeSpan RetryTimeout { get; }

    /// <param name="failures">How many attempts have failed, at least 1.</param>
    /// <param name="spent">Time since the first attempt.</param>
    /// <returns>How long to wait before the next attempt; null to give up.</returns>
    internal TimeSpan? NextDelay(int failures, TimeSpan spent)
    {
        if (failures >= MaxNumberOfAttempts || (RetryTimeout != Timeout.InfiniteTimeSpan && spent >= RetryTimeout))
            return null;
        var ticks = FirstRetryInterval.Ticks * Math.Pow(BackoffCoefficient, failures - 1);
        return MaxRetryInterval != Timeout.InfiniteTimeSpan && ticks > MaxRetryInterval.Ticks ? MaxRetryInterval
            : TimeSpan.FromTicks((long)Math.Min(ticks, TimeSpan.FromDays(3650).Ticks));
    }
}

public record WorkflowTaskOptions(WorkflowRetryPolicy? RetryPolicy = null);

/// <param name="InstanceId">Id of the child; generated when null.</param>
/// <param name="RetryPolicy">With a fixed <paramref name="InstanceId"/> every attempt uses the same id.</param>
public record ChildWorkflowTaskOptions(string? InstanceId = null, WorkflowRetryPolicy? RetryPolicy = null) : WorkflowTaskOptions(RetryPolicy);
