namespace Dapr.Workflow.Tests;

public sealed class WorkflowRetryPolicyTests
{
    [Fact]
    public void Delays_grow_up_to_the_maximum_and_end_with_the_attempts()
    {
        var policy = new WorkflowRetryPolicy(5, TimeSpan.FromSeconds(1), 2, TimeSpan.FromSeconds(3));
        Assert.Equal([1.0, 2.0, 3.0, 3.0, null], Enumerable.Range(1, 5).Select(n => policy.NextDelay(n, TimeSpan.Zero)?.TotalSeconds));
    }

    [Fact]
    public void Retries_end_with_their_time() =>
        Assert.Null(new WorkflowRetryPolicy(9, TimeSpan.FromSeconds(1), retryTimeout: TimeSpan.FromMinutes(1)).NextDelay(1, TimeSpan.FromMinutes(1)));

    [Fact]
    public void A_delay_never_overflows() =>
        Assert.InRange(new WorkflowRetryPolicy(9999, TimeSpan.FromDays(1), 10, Timeout.InfiniteTimeSpan).NextDelay(9000, TimeSpan.Zero)!.Value.TotalDays, 1, 3650);

    [Theory, InlineData(0, 1, 1), InlineData(1, 0, 1), InlineData(1, 1, 0.5), InlineData(1, 1, double.NaN)]
    public void Senseless_policies_are_refused(int attempts, int seconds, double coefficient) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkflowRetryPolicy(attempts, TimeSpan.FromSeconds(seconds), coefficient));
}
