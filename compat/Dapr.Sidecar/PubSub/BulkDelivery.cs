using System.Text.Json;
using System.Threading.Channels;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.PubSub;

/// <summary>Collects the messages of one topic for an app that takes them in bulk, and offers them a request at a time. What is refused joins a later request.</summary>
/// <param name="settle">It is done with, or goes to this dead letter topic.</param>
/// <param name="alone">The app does not want it in bulk any more.</param>
internal sealed class BulkDelivery(string appId, AppRegistry apps, TimeProvider time, ILogger logger, Func<Message, string, Task> settle, Action<Message> alone)
{
    private readonly SemaphoreSlim _room = new(BulkSubscription.Limit);
    private readonly Channel<Waiting> _waiting = Channel.CreateUnbounded<Waiting>(new() { SingleReader = true }); // never more than there is room for

    private sealed record Waiting(Message Message, int Tries)
    {
        public string EntryId { get; } = Guid.NewGuid().ToString();
    }

    public async Task AddAsync(Message message, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        _waiting.Writer.TryWrite(new(message, 0));
    }

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stop))
                await OfferAsync(await CollectAsync(stop), stop);
        }
        catch (OperationCanceledException)
        {
            // They are on disk and come again.
        }
    }

    private async Task<IReadOnlyList<Waiting>> CollectAsync(CancellationToken stop)
    {
        _waiting.Reader.TryRead(out var first);
        var batch = new List<Waiting> { first! };
        if (apps.Up(appId)?.Presence?.SubscriptionTo(first!.Message)?.Bulk is not { } bulk)
            return batch;
        using var wait = new CancellationTokenSource(bulk.Wait, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(wait.Token, stop);
        try
        {
            while (batch.Count < bulk.Most)
                batch.Add(await _waiting.Reader.ReadAsync(end.Token));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // The first one has waited long enough.
        }
        return batch;
    }

    private async Task OfferAsync(IReadOnlyList<Waiting> batch, CancellationToken stop)
    {
        while (batch.Count > 0)
        {
            if (apps.Up(appId) is not { Presence: { } presence } app)
            {
                await Task.Delay(Delivery.Pause, time, stop);
                continue;
            }
            var subscription = presence.SubscriptionTo(batch[0].Message);
            if (subscription?.Bulk is null)
            {
                foreach (var one in batch)
                    await FinishAsync(one, () => subscription is null ? settle(one.Message, "") : Task.Run(() => alone(one.Message), stop));
                return;
            }
            var left = new List<Waiting>();
            foreach (var (route, entries) in Sort(batch, subscription))
                try
                {
                    var outcomes = route is null ? entries.Select(e => e.Outcome).ToArray() : await SendAsync(route, entries, subscription, app, stop);
                    foreach (var (entry, outcome) in entries.Zip(outcomes))
                        await SettleAsync(entry.Of, outcome, subscription, stop);
                }
                catch (HttpRequestException)
                {
                    left.AddRange(entries.Select(e => e.Of)); // the app went away: its next process gets them
                }
            batch = left;
        }
    }

    private Task SettleAsync(Waiting one, Outcome outcome, Subscription subscription, CancellationToken stop)
    {
        if (outcome == Outcome.Success)
            return FinishAsync(one, () => settle(one.Message, ""));
        if (outcome == Outcome.Drop || subscription.DeadLetterTopic.Length > 0)
            return FinishAsync(one, () => settle(one.Message, subscription.DeadLetterTopic));
        if (one.Tries + 1 < Delivery.Tries)
        {
            _ = AgainAsync(one, stop);
            return Task.CompletedTask;
        }
        Delivery.LogGivenUp(logger, one.Message.Topic, appId, Delivery.Tries);
        return FinishAsync(one, () => settle(one.Message, ""));
    }

    private async Task AgainAsync(Waiting one, CancellationToken stop)
    {
        await Task.Delay(Delivery.Pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _waiting.Writer.TryWrite(new(one.Message, one.Tries + 1));
    }

    private async Task FinishAsync(Waiting one, Func<Task> end)
    {
        await end();
        _room.Release();
    }

    private sealed record Entry(Waiting Of, byte[] Event, Outcome Outcome = Outcome.Success);

    /// <summary>By route; without one stands what needs no offer.</summary>
    private IEnumerable<(string? Route, Entry[] Entries)> Sort(IReadOnlyList<Waiting> batch, Subscription subscription)
    {
        var sorted = new List<(string? Route, Entry Entry)>();
        foreach (var one in batch)
        {
            var body = subscription.IsRaw ? CloudEvents.WrapRaw(one.Message.PubSub, one.Message.Topic, one.Message.Payload) : one.Message.Payload;
            try
            {
                using var envelope = JsonDocument.Parse(body, Json.Options);
                var expired = CloudEvents.HasExpired(envelope.RootElement, time.GetUtcNow());
                var route = expired ? null : subscription.RouteOf(envelope.RootElement);
                sorted.Add((route, new(one, subscription.IsRaw ? JsonSerializer.SerializeToUtf8Bytes(one.Message.Payload) : body, expired ? Outcome.Drop : Outcome.Success)));
            }
            catch (JsonException)
            {
                sorted.Add((null, new(one, [], Outcome.Drop))); // published raw to an app that expects events
            }
        }
        return sorted.GroupBy(s => s.Route, s => s.Entry).Select(g => (g.Key, g.ToArray()));
    }

    private static async Task<IReadOnlyList<Outcome>> SendAsync(string route, Entry[] entries, Subscription subscription, AppInstance app, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, app.Url(route.StartsWith('/') ? route : "/" + route)) { Content = new ByteArrayContent(Envelope(entries, subscription)) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.TryAddWithoutValidation("pubsubname", subscription.PubSub);
        using var response = await app.SendAsync(request, stop);
        if (!response.IsSuccessStatusCode)
            return [.. entries.Select(_ => (int)response.StatusCode == 404 ? Outcome.Success : Outcome.Retry)]; // nobody is there: lost, in daprd too without a dead letter
        var statuses = Statuses(await response.Content.ReadAsByteArrayAsync(stop));
        return [.. entries.Select(e => statuses.GetValueOrDefault(e.Of.EntryId) switch
        {
            "SUCCESS" => Outcome.Success,
            "DROP" => Outcome.Drop,
            _ => Outcome.Retry, // also what the app says nothing of
        })];
    }

    private static byte[] Envelope(Entry[] entries, Subscription subscription)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("id", Guid.NewGuid());
            json.WriteString("type", "com.dapr.event.sent.bulk");
            json.WriteString("topic", subscription.Topic);
            json.WriteString("pubsubname", subscription.PubSub);
            json.WriteStartObject("metadata");
            json.WriteString("pubsubName", subscription.PubSub);
            json.WriteEndObject();
            json.WriteStartArray("entries");
            foreach (var entry in entries)
            {
                json.WriteStartObject();
                json.WriteString("entryId", entry.Of.EntryId);
                json.WritePropertyName("event");
                json.WriteRawValue(entry.Event);
                json.WritePropertyName("metadata");
                JsonSerializer.Serialize(json, subscription.Metadata.Count > 0 ? subscription.Metadata : null);
                json.WriteString("contentType", subscription.IsRaw ? "application/octet-stream" : CloudEvents.ContentType);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return body.ToArray();
    }

    /// <summary>What the app said to each entry; nothing when it cannot be read.</summary>
    private static Dictionary<string, string> Statuses(byte[] body)
    {
        var statuses = new Dictionary<string, string>();
        try
        {
            using var answer = JsonDocument.Parse(body, Json.Options);
            if (Json.TryGet(answer.RootElement, "statuses", out var list) && list.ValueKind == JsonValueKind.Array)
                foreach (var item in list.EnumerateArray())
                    if (Json.Text(item, "entryId") is { } id)
                        statuses[id] = Json.Text(item, "status") ?? "";
        }
        catch (JsonException)
        {
            // All come again.
        }
        return statuses;
    }
}
