namespace Router.Api.Experts;

/// <summary>Pauses that double from a twentieth of the longest one, each shortened at random by up to a quarter.</summary>
internal sealed class Backoff(TimeSpan longest, TimeProvider time)
{
    private int _failures;

    public void Reset() => _failures = 0;

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var delay = longest / 20 * Math.Pow(2, Math.Min(_failures++, 10));
        if (delay > longest)
            delay = longest;
        return Task.Delay(delay * (1 - Random.Shared.NextDouble() / 4), time, cancellationToken);
    }
}
