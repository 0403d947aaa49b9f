using System.Net;
using Dapr.Sidecar.PubSub;

namespace Dapr.Sidecar.Hosting;

/// <summary>What an app said of itself when it came up.</summary>
internal sealed record AppPresence(ActorConfiguration Actors, IReadOnlyList<Subscription> Subscriptions)
{
    public Subscription? SubscriptionTo(Message message) => Subscriptions.FirstOrDefault(s => s.PubSub == message.PubSub && s.Topic == message.Topic);
}

/// <summary>One app process as its sidecar sees it: how to reach it, whether it answers, which actor types it hosts.</summary>
internal sealed class AppInstance(AppOptions options) : IDisposable
{
    private AppPresence? _presence;

    /// <summary>Straight to the app: no proxies, redirects or cookies; connections kept.</summary>
    private readonly HttpMessageInvoker _http = new(Handler());

    public AppOptions Options { get; } = options;

    public string AppId => Options.AppId;

    public Uri? BaseAddress { get; } = options.AppPort is { } port ? new($"http://127.0.0.1:{port}") : null;

    /// <summary>Null while it does not answer; set by <see cref="AppMonitor"/>, unset also by calls that are refused.</summary>
    public AppPresence? Presence => Volatile.Read(ref _presence);

    public bool IsUp => Presence is not null;

    public ActorConfiguration Actors => Presence?.Actors ?? ActorConfiguration.None;

    public void MarkUp(AppPresence presence) => Volatile.Write(ref _presence, presence);

    /// <summary>It is gone, unless it came back since <paramref name="seen"/>.</summary>
    public void MarkDown(AppPresence? seen) => Interlocked.CompareExchange(ref _presence, null, seen);

    /// <summary>Sends to the app with its token; a refused connection marks it down at once.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var seen = Presence;
        if (Tokens.App is { } token)
            request.Headers.TryAddWithoutValidation(Tokens.Header, token);
        try
        {
            return await _http.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException fault) when (fault.HttpRequestError == HttpRequestError.ConnectionError)
        {
            MarkDown(seen);
            throw;
        }
    }

    public Uri Url(string path) => new((BaseAddress ?? throw new InvalidOperationException($"App '{AppId}' has no --app-port.")).AbsoluteUri.TrimEnd('/') + path);

    public void Dispose() => _http.Dispose();

    public static SocketsHttpHandler Handler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        ActivityHeadersPropagator = null,
    };
}
