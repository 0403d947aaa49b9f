using System.Threading.RateLimiting;
using Mesh.Governance.Http;
using Microsoft.Extensions.Options;
using Router.Api.Errors;
using Router.Api.Hosting;

namespace Router.Api.Generation;

/// <summary>Lets <see cref="RouterOptions.MaxConcurrent"/> completions run and <see cref="RouterOptions.MaxQueued"/> wait, oldest first.</summary>
internal sealed class GenerationQueue(IOptions<RouterOptions> options, BackgroundPace background, Shutdown shutdown, IMeshNode node, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LongestHint = TimeSpan.FromMinutes(1);

    private readonly Lock _entering = new();
    private readonly ConcurrencyLimiter _limiter = new(new()
    {
        PermitLimit = options.Value.MaxConcurrent,
        QueueLimit = int.MaxValue,   // the bound holds for those who come, not for those who come back
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    private double _meanSeconds = 1;   // of a completion, smoothed; a lost update does no harm

    public int Running => options.Value.MaxConcurrent - (int)(_limiter.GetStatistics()?.CurrentAvailablePermits ?? 0);

    public int Waiting => (int)(_limiter.GetStatistics()?.CurrentQueuedCount ?? 0);

    /// <summary>A turn for <paramref name="completions"/> completions; dispose it when they are done.</summary>
    /// <exception cref="ApiException">429: the queue is full or the wait was too long. 503: the router is stopping, or the mesh is halted.</exception>
    public async Task<Turn> EnterAsync(int completions, CancellationToken cancellationToken)
    {
        var halted = Open();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, shutdown.Begun, halted);
        try
        {
            var turn = new Turn(this, Math.Min(completions, options.Value.MaxConcurrent), time, halted);
            await turn.TakeAsync(comesBack: false, either.Token);
            return turn;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw halted.IsCancellationRequested ? ApiErrors.Halted() : ApiErrors.Stopping();
        }
    }

    /// <summary>A turn for the mesh's own work, which has no place here: each of its rounds waits for one of <see cref="BackgroundPace"/>'s.</summary>
    /// <exception cref="ApiException">As above.</exception>
    public Turn EnterBackground()
    {
        var halted = Open();
        background.Begin();
        return new(this, 0, time, halted);
    }

    public void Dispose() => _limiter.Dispose();

    /// <summary>Places for <paramref name="completions"/> completions.</summary>
    public async Task<RateLimitLease> AcquireAsync(int completions, bool comesBack, CancellationToken cancellationToken)
    {
        background.OnUser();
        try
        {
            return await WaitAsync(completions, comesBack, cancellationToken);
        }
        catch
        {
            background.OnUserGone();
            throw;
        }
    }

    public void Release(RateLimitLease places)
    {
        places.Dispose();
        background.OnUserGone();
    }

    public void OnDone(TimeSpan held) => _meanSeconds += (held.TotalSeconds - _meanSeconds) * 0.1;

    public void OnBackgroundDone() => background.End();

    /// <summary>Whether anything begins now.</summary>
    /// <returns>Cancelled when the mesh is halted.</returns>
    private CancellationToken Open()
    {
        if (shutdown.Begun.IsCancellationRequested)
            throw ApiErrors.Stopping();
        // Read before it is asked whether the mesh may speak: a halt between the two is not missed.
        var halted = node.Halted;
        return node.MaySpeak && !halted.IsCancellationRequested ? halted : throw ApiErrors.Halted();
    }

    private async Task<RateLimitLease> WaitAsync(int completions, bool comesBack, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), deadline, options.Value.QueueTimeout, Timeout.InfiniteTimeSpan);
        ValueTask<RateLimitLease> place;
        lock (_entering)
        {
            var lease = _limiter.AttemptAcquire(completions);
            if (lease.IsAcquired)
                return lease;
            lease.Dispose();
            if (!comesBack && Waiting + completions > options.Value.MaxQueued)
                throw ApiErrors.Busy("Too many requests are running and waiting. Please try again later.", Hint());
            place = _limiter.AcquireAsync(completions, deadline.Token);
        }
        try
        {
            return await place;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw ApiErrors.Busy("The request waited too long for its turn. Please try again later.", Hint());
        }
    }

    /// <summary>When the queue will have moved on, going by how long completions took lately.</summary>
    private TimeSpan Hint() => TimeSpan.FromSeconds(
        Math.Clamp(_meanSeconds * (Waiting + 1) / options.Value.MaxConcurrent, 1, LongestHint.TotalSeconds));
}
