using System.Collections.Concurrent;
using System.Text.Json;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.PubSub;

/// <summary>Brings messages to their apps, each at least once and up to <see cref="Together"/> at a time; while no replica of an app is up they wait.</summary>
internal sealed partial class Delivery(Broker broker, MessageStore store, AppRegistry apps, AppMonitor monitor, TimeProvider time, ILogger<Delivery> logger) : BackgroundService
{
    private const int Together = 64;
    internal const int Tries = 10;
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private Dictionary<string, Line> _lines = [];

    /// <summary>The ways to one app: one by one, and in bulk for topics that it wants so.</summary>
    private sealed record Ways(string AppId, SemaphoreSlim Slots, ConcurrentDictionary<(string PubSub, string Topic), BulkDelivery> Bulk);

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _lines = apps.All.Select(a => a.AppId).Distinct().ToDictionary(id => id, id => new Line(id, store));
        store.Added += message => _lines.GetValueOrDefault(message.AppId)?.Add(message);
        monitor.Changed += app => _ = OnChangedAsync(app);
        return Task.WhenAll(_lines.Values.Select(line => DeliverAllAsync(line, stoppingToken)));
    }

    private async Task OnChangedAsync(AppInstance app)
    {
        if (app.Presence is { } presence)
            await broker.SubscribeAsync(app, presence.Subscriptions);
        _lines[app.AppId].Wake();
    }

    private async Task DeliverAllAsync(Line line, CancellationToken stop)
    {
        using var slots = new SemaphoreSlim(Together);
        var ways = new Ways(line.AppId, slots, []);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await line.WaitAsync(stop);
                while (apps.Up(line.AppId) is not null && line.Take() is { Count: > 0 } batch)
                    foreach (var message in batch)
                        await RouteAsync(message, ways, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>It is on its way when this returns.</summary>
    private async Task RouteAsync(Message message, Ways ways, CancellationToken stop)
    {
        if (apps.Up(message.AppId)?.Presence?.SubscriptionTo(message)?.Bulk is not null)
        {
            await ways.Bulk.GetOrAdd((message.PubSub, message.Topic), topic =>
            {
                var bulk = new BulkDelivery(ways.AppId, apps, time, logger, SettleAsync, single => _ = RouteAsync(single, ways, stop));
                _ = bulk.RunAsync(stop);
                return bulk;
            }).AddAsync(message, stop);
            return;
        }
        await ways.Slots.WaitAsync(stop);
        _ = DeliverAsync(message, ways, stop);
    }

    private async Task DeliverAsync(Message message, Ways ways, CancellationToken stop)
    {
        try
        {
            if (await HandleAsync(message, stop) is { } letter)
                await SettleAsync(message, letter);
            else
                _ = RouteAsync(message, ways, stop);
        }
        catch (OperationCanceledException)
        {
            // It is on disk and comes again.
        }
        finally
        {
            ways.Slots.Release();
        }
    }

    /// <param name="letter">The topic of its dead letter, or "".</param>
    private async Task SettleAsync(Message message, string letter)
    {
        try
        {
            var dead = letter.Length > 0 ? broker.AppsOf(message.PubSub, letter) : [];
            if (dead.Length == 0)
                store.Taken(message);
            else
                await store.MoveAsync(message, dead, letter);
        }
        catch (Exception fault)
        {
            LogStuck(logger, message.Topic, message.AppId, fault);
        }
    }

    /// <returns>The topic of its dead letter, or ""; null when the app wants it in bulk by now.</returns>
    private async Task<string?> HandleAsync(Message message, CancellationToken stop)
    {
        for (var tries = 0; ;)
        {
            if (apps.Up(message.AppId) is not { Presence: { } presence } app)
            {
                await Task.Delay(Pause, time, stop);
                continue;
            }
            if (presence.SubscriptionTo(message) is not { } subscription)
                return "";
            if (subscription.Bulk is not null)
                return null;
            var outcome = Outcome.Drop;
            try
            {
                outcome = await OfferAsync(message, subscription, app, stop);
            }
            catch (HttpRequestException)
            {
                continue; // the app went away: its next process gets it
            }
            if (outcome == Outcome.Success)
                return "";
            // daprd tries once where there is a dead letter topic, ten times where there is none.
            if (outcome == Outcome.Drop || subscription.DeadLetterTopic.Length > 0)
                return subscription.DeadLetterTopic;
            if (++tries >= Tries)
            {
                LogGivenUp(logger, message.Topic, message.AppId, tries);
                return "";
            }
            await Task.Delay(Pause, time, stop);
        }
    }

    private async Task<Outcome> OfferAsync(Message message, Subscription subscription, AppInstance app, CancellationToken stop)
    {
        var body = subscription.IsRaw ? CloudEvents.WrapRaw(message.PubSub, message.Topic, message.Payload) : message.Payload;
        string? route, trace;
        try
        {
            using var envelope = JsonDocument.Parse(body, Json.Options);
            if (CloudEvents.HasExpired(envelope.RootElement, time.GetUtcNow()))
                return Outcome.Drop;
            route = subscription.RouteOf(envelope.RootElement);
            trace = Json.Text(envelope.RootElement, "traceparent");
        }
        catch (JsonException)
        {
            return Outcome.Drop; // published raw to an app that expects events
        }
        if (route is null)
            return Outcome.Success; // no rule is for it
        using var request = new HttpRequestMessage(HttpMethod.Post, app.Url(route.StartsWith('/') ? route : "/" + route)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", CloudEvents.ContentType);
        request.Headers.TryAddWithoutValidation("pubsubname", message.PubSub);
        if (trace is not null)
            request.Headers.TryAddWithoutValidation("traceparent", trace);
        foreach (var (name, value) in subscription.Metadata)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await app.SendAsync(request, stop);
        return await ReadAsync(response, stop);
    }

    /// <summary>2xx is success unless the body names another status; 404 drops; all else comes again.</summary>
    private static async Task<Outcome> ReadAsync(HttpResponseMessage response, CancellationToken stop)
    {
        if (!response.IsSuccessStatusCode)
            return (int)response.StatusCode == 404 ? Outcome.Drop : Outcome.Retry;
        try
        {
            using var body = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(stop), Json.Options);
            return !Json.TryGet(body.RootElement, "status", out var status) ? Outcome.Success : Json.String(status) switch
            {
                "SUCCESS" or "" => Outcome.Success,
                "DROP" => Outcome.Drop,
                _ => Outcome.Retry,
            };
        }
        catch (JsonException)
        {
            return Outcome.Success;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "App {AppId} refused a message of topic {Topic} {Tries} times; it is dropped, for there is no dead letter topic")]
    internal static partial void LogGivenUp(ILogger logger, string topic, string appId, int tries);

    [LoggerMessage(Level = LogLevel.Error, Message = "A message of topic {Topic} for app {AppId} waits for the next start")]
    private static partial void LogStuck(ILogger logger, string topic, string appId, Exception fault);
}

/// <summary>What an app said to a message.</summary>
internal enum Outcome
{
    Success,
    Retry,
    Drop,
}
