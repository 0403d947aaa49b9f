using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using Router.Api.Errors;
using Router.Api.Hosting;

namespace Router.Api.Generation;

/// <summary>Lets <see cref="RouterOptions.MaxConcurrent"/> completions run and <see cref="RouterOptions.MaxQueued"/> wait, oldest first.</summary>
internal sealed class GenerationQueue(IOptions<RouterOptions> options, Shutdown shutdown, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LongestHint = TimeSpan.FromMinutes(1);

    private readonly ConcurrencyLimiter _limiter = new(new()
    {
        PermitLimit = options.Value.MaxConcurrent,
        QueueLimit = options.Value.MaxQueued,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    private double _meanSeconds = 1;   // of a completion, smoothed; a lost update does no harm

    public int Running => options.Value.MaxConcurrent - (int)(_limiter.GetStatistics()?.CurrentAvailablePermits ?? 0);

    public int Waiting => (int)(_limiter.GetStatistics()?.CurrentQueuedCount ?? 0);

    /// <summary>A turn for <paramref name="completions"/> completions; dispose it when they are done.</summary>
    /// <exception cref="ApiException">429: the queue is full or the wait was too long. 503: the router is stopping.</exception>
    public async Task<Turn> EnterAsync(int completions, CancellationToken cancellationToken)
    {
        if (shutdown.Begun.IsCancellationRequested)
            throw ApiErrors.Stopping();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, shutdown.Begun);
        using var timer = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), deadline, options.Value.QueueTimeout, Timeout.InfiniteTimeSpan);
        RateLimitLease lease;
        try
        {
            lease = await _limiter.AcquireAsync(Math.Min(completions, options.Value.MaxConcurrent), deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            if (shutdown.Begun.IsCancellationRequested)
                throw ApiErrors.Stopping();
            throw ApiErrors.Busy("The request waited too long for its turn. Please try again later.", Hint());
        }
        if (lease.IsAcquired)
            return new(this, lease, time.GetTimestamp());
        lease.Dispose();
        throw ApiErrors.Busy("Too many requests are running and waiting. Please try again later.", Hint());
    }

    public void Dispose() => _limiter.Dispose();

    /// <summary>When the queue will have moved on, going by how long completions took lately.</summary>
    private TimeSpan Hint() => TimeSpan.FromSeconds(
        Math.Clamp(_meanSeconds * (Waiting + 1) / options.Value.MaxConcurrent, 1, LongestHint.TotalSeconds));

    private void Leave(long since) => _meanSeconds += (time.GetElapsedTime(since).TotalSeconds - _meanSeconds) * 0.1;

    internal readonly struct Turn(GenerationQueue queue, RateLimitLease lease, long since) : IDisposable
    {
        public void Dispose()
        {
            lease.Dispose();
            queue.Leave(since);
        }
    }
}
