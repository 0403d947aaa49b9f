namespace Dapr.Sidecar.Actors;

/// <summary>Waits of years: a timer of the framework ends at 49 days.</summary>
internal static class LongDelay
{
    private static readonly TimeSpan Most = TimeSpan.FromDays(30);

    public static async Task WaitAsync(TimeSpan span, TimeProvider time, CancellationToken cancellationToken)
    {
        for (; span > Most; span -= Most)
            await Task.Delay(Most, time, cancellationToken);
        await Task.Delay(span, time, cancellationToken);
    }
}
