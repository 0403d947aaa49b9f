namespace Router.Api.Experts;

/// <summary>No pause at first, then pauses that double from an eightieth of the longest one, each shortened at random by up to a quarter.</summary>
internal sealed class Backoff(TimeSpan longest, TimeProvider time)
{
    private int _failures;

    public void Reset() => _failures = 0;

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var failures = _failures++;
        if (failures == 0)
            return Task.CompletedTask;
        var delay = longest / 80 * Math.Pow(2, Math.Min(failures - 1, 10));
        if (delay > longest)
            delay = longest;
        return Task.Delay(delay * (1 - Random.Shared.NextDouble() / 4), time, cancellationToken);
    }
}
