using System.Net;

namespace Dapr.Sidecar.Hosting;

/// <summary>One app process as its sidecar sees it: how to reach it, whether it answers, which actor types it hosts.</summary>
internal sealed class AppInstance(AppOptions options) : IDisposable
{
    private volatile ActorConfiguration? _actors;

    /// <summary>Straight to the app: no proxies, redirects or cookies; connections kept.</summary>
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        ActivityHeadersPropagator = null,
    });

    public AppOptions Options { get; } = options;

    public string AppId => Options.AppId;

    public Uri? BaseAddress { get; } = options.AppPort is { } port ? new($"http://127.0.0.1:{port}") : null;

    /// <summary>It answers; set by <see cref="AppMonitor"/> and by calls that are refused.</summary>
    public bool IsUp => _actors is not null;

    /// <summary>What it said of its actors when it came up.</summary>
    public ActorConfiguration Actors => _actors ?? ActorConfiguration.None;

    public void MarkUp(ActorConfiguration actors) => _actors = actors;

    public void MarkDown() => _actors = null;

    /// <summary>Sends to the app with its token; a refused connection marks it down at once.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Tokens.App is { } token)
            request.Headers.TryAddWithoutValidation(Tokens.Header, token);
        try
        {
            return await _http.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException fault) when (fault.HttpRequestError == HttpRequestError.ConnectionError)
        {
            MarkDown();
            throw;
        }
    }

    public Uri Url(string path) => new((BaseAddress ?? throw new InvalidOperationException($"App '{AppId}' has no --app-port.")).AbsoluteUri.TrimEnd('/') + path);

    public void Dispose() => _http.Dispose();
}

/// <summary>dapr-api-token both ways.</summary>
internal static class Tokens
{
    public const string Header = "dapr-api-token";

    /// <summary>What callers must show.</summary>
    public static string? Api { get; } = Environment.GetEnvironmentVariable("DAPR_API_TOKEN") is { Length: > 0 } token ? token : null;

    /// <summary>What the app expects of us.</summary>
    public static string? App { get; } = Environment.GetEnvironmentVariable("APP_API_TOKEN") is { Length: > 0 } token ? token : null;
}
