using Microsoft.Extensions.Options;

namespace Router.Api.Hosting;

/// <summary>The end of the router: nothing new begins once it was told to stop, what runs has <see cref="RouterOptions.ShutdownGrace"/> to end by itself.</summary>
internal sealed class Shutdown : IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly CancellationTokenRegistration _stopping;
    private ITimer? _timer;

    public Shutdown(IHostApplicationLifetime lifetime, IOptions<RouterOptions> options, TimeProvider time)
    {
        (Begun, Over) = (lifetime.ApplicationStopping, _over.Token);
        _stopping = lifetime.ApplicationStopping.Register(() =>
            _timer = time.CreateTimer(static over => ((CancellationTokenSource)over!).Cancel(), _over, options.Value.ShutdownGrace, Timeout.InfiniteTimeSpan));
    }

    /// <summary>The router was told to stop.</summary>
    public CancellationToken Begun { get; }

    /// <summary>The grace has passed.</summary>
    public CancellationToken Over { get; }

    public void Dispose()
    {
        _stopping.Dispose();
        _timer?.Dispose();
        _over.Dispose();
    }
}
