using System.Text.Json;

namespace Dapr.Sidecar.Hosting;

/// <summary>
/// Watches every app: asks it for its actors when it comes up, and notices when it is gone. A refused connection means the process has ended; an app that only
/// is slow stays, because its actors may still run and none may have two owners.
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
        var wasUp = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (!app.IsUp)
                {
                    if (wasUp)
                        Changed?.Invoke(app);
                    wasUp = false;
                    app.MarkUp(await AskAsync(app, stop));
                    wasUp = true;
                    LogUp(logger, app.AppId, app.Options.AppPort!.Value, string.Join(", ", app.Actors.Types));
                    Changed?.Invoke(app);
                }
                else
                    (await GetAsync(app, "/healthz", stop)).Dispose();
            }
            catch (Exception fault) when (fault is HttpRequestException or JsonException or IOException || (fault is OperationCanceledException && !stop.IsCancellationRequested))
            {
                if (wasUp && !app.IsUp)
                    LogDown(logger, app.AppId, app.Options.AppPort!.Value);
            }
            await Task.Delay(Pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<ActorConfiguration> AskAsync(AppInstance app, CancellationToken stop)
    {
        using var response = await GetAsync(app, "/dapr/config", stop);
        if (!response.IsSuccessStatusCode)
            return ActorConfiguration.None;
        using var document = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(stop), cancellationToken: stop);
        return ActorConfiguration.Parse(document.RootElement);
    }

    private static async Task<HttpResponseMessage> GetAsync(AppInstance app, string path, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Limit);
        using var request = new HttpRequestMessage(HttpMethod.Get, app.Url(path));
        return await app.SendAsync(request, limit.Token);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "App {AppId} answers on port {Port}; actor types: {Types}")]
    private static partial void LogUp(ILogger logger, string appId, int port, string types);

    [LoggerMessage(Level = LogLevel.Warning, Message = "App {AppId} on port {Port} is gone")]
    private static partial void LogDown(ILogger logger, string appId, int port);
}
