using System.Net.Sockets;
using System.Text.Json;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.PubSub;

namespace Dapr.Sidecar.Hosting;

/// <summary>
/// Watches every app: asks it for its actors and subscriptions when it comes up, and notices when it is gone. A refused connection means that the process has
/// ended; an app that only is slow stays, because its actors may still run and none may have two owners. A new connection means that it may be a new process:
/// it is asked again.
/// </summary>
internal sealed partial class AppMonitor(AppRegistry apps, TimeProvider time, ILogger<AppMonitor> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Raised after an app came up or went down.</summary>
    public event Action<AppInstance>? Changed;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(apps.All.Where(a => a.BaseAddress is not null).Select(app => WatchAsync(app, stoppingToken)));

    private async Task WatchAsync(AppInstance app, CancellationToken stop)
    {
        using var line = new Line();
        AppPresence? told = null;
        while (!stop.IsCancellationRequested)
        {
            var seen = app.Presence;
            try
            {
                using (await line.GetAsync(app, "/healthz", Limit, stop)) { }
                if (seen is null || line.IsNew)
                {
                    app.MarkUp(await AskAsync(app, line, stop));
                    line.IsNew = false;
                }
            }
            catch (HttpRequestException fault) when (fault.HttpRequestError == HttpRequestError.ConnectionError)
            {
                app.MarkDown(seen);
            }
            catch (Exception fault) when (fault is HttpRequestException or JsonException or IOException || (fault is OperationCanceledException && !stop.IsCancellationRequested))
            {
                // Slow or confused, but there.
            }
            if (app.Presence != told)
            {
                Tell(app, told);
                told = app.Presence;
            }
            await Task.Delay(Pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Tell(AppInstance app, AppPresence? before)
    {
        if (app.Presence is not { } presence)
            LogDown(logger, app.AppId, app.Options.AppPort!.Value);
        else if (before is null)
            LogUp(logger, app.AppId, app.Options.AppPort!.Value, string.Join(", ", presence.Actors.Types), string.Join(", ", presence.Subscriptions.Select(s => s.Topic)));
        Changed?.Invoke(app);
    }

    private static async Task<AppPresence> AskAsync(AppInstance app, Line line, CancellationToken stop)
    {
        using var actors = await AskAsync(app, line, "/dapr/config", stop);
        using var topics = await AskAsync(app, line, "/dapr/subscribe", stop);
        return new(actors is null ? ActorConfiguration.None : ActorConfiguration.Parse(actors.RootElement), topics is null ? [] : Subscription.Parse(topics.RootElement));
    }

    private static async Task<JsonDocument?> AskAsync(AppInstance app, Line line, string path, CancellationToken stop)
    {
        using var response = await line.GetAsync(app, path, Limit, stop);
        if (!response.IsSuccessStatusCode)
            return null;
        try
        {
            return await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(stop), Json.Options, stop);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>One connection, kept; its loss shows.</summary>
    private sealed class Line : IDisposable
    {
        private readonly HttpMessageInvoker _http;

        public Line()
        {
            var handler = AppInstance.Handler();
            handler.MaxConnectionsPerServer = 1;
            handler.ConnectCallback = async (context, token) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(context.DnsEndPoint, token);
                    IsNew = true;
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
            _http = new(handler);
        }

        public bool IsNew { get; set; }

        public async Task<HttpResponseMessage> GetAsync(AppInstance app, string path, TimeSpan limit, CancellationToken stop)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            end.CancelAfter(limit);
            using var request = new HttpRequestMessage(HttpMethod.Get, app.Url(path));
            if (Tokens.App is { } token)
                request.Headers.TryAddWithoutValidation(Tokens.Header, token);
            var response = await _http.SendAsync(request, end.Token);
            await response.Content.LoadIntoBufferAsync(end.Token);
            return response;
        }

        public void Dispose() => _http.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "App {AppId} answers on port {Port}; actor types: {Types}; topics: {Topics}")]
    private static partial void LogUp(ILogger logger, string appId, int port, string types, string topics);

    [LoggerMessage(Level = LogLevel.Warning, Message = "App {AppId} on port {Port} is gone")]
    private static partial void LogDown(ILogger logger, string appId, int port);
}
