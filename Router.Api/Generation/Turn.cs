using System.Threading.RateLimiting;
using Router.Api.Errors;

namespace Router.Api.Generation;

/// <summary>The places of one request in the <see cref="GenerationQueue"/>. They belong to its work: whoever waits for something else gives them back meanwhile.</summary>
/// <param name="completions">0: the mesh's own work, whose every round waits for its place by itself.</param>
internal sealed class Turn(GenerationQueue queue, int completions, TimeProvider time, CancellationToken halted) : IDisposable
{
    private RateLimitLease? _places;
    private long _since;
    private bool _done;

    /// <summary>The mesh was halted while this turn lasted: the work ends, and nothing of it goes out.</summary>
    public CancellationToken Halted { get; } = halted;

    public bool IsHeld => completions == 0 || _places is not null;

    /// <summary>How long it held its places, all in all.</summary>
    public TimeSpan Held { get; private set; }

    /// <summary>Gives the places to others.</summary>
    public void Leave()
    {
        if (_places is null)
            return;
        Held += time.GetElapsedTime(_since);
        queue.Release(_places);
        _places = null;
    }

    /// <summary>Waits for the places again, behind those who wait already.</summary>
    /// <exception cref="ApiException">429: the wait was too long.</exception>
    public Task ReturnAsync(CancellationToken cancellationToken) => TakeAsync(comesBack: true, cancellationToken);

    /// <param name="comesBack">It has begun already, so a full queue does not turn it away.</param>
    public async Task TakeAsync(bool comesBack, CancellationToken cancellationToken)
    {
        _places = await queue.AcquireAsync(completions, comesBack, cancellationToken);
        _since = time.GetTimestamp();
    }

    /// <summary>The work is done, or given up.</summary>
    public void Dispose()
    {
        if (_done)
            return;
        _done = true;
        Leave();
        if (completions == 0)
            queue.OnBackgroundDone();
        else
            queue.OnDone(Held);
    }
}
