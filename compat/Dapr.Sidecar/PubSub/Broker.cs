using System.Collections.Concurrent;
using Dapr.Sidecar.Components;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.PubSub;

/// <summary>Takes what is published and keeps a copy for every app id that subscribed to the topic; replicas share one.</summary>
internal sealed class Broker(MessageStore store, IReadOnlyList<Component> components, TimeProvider time)
{
    private readonly ConcurrentDictionary<(string PubSub, string Topic), string[]> _subscribers = new(
        store.Subscribers().GroupBy(s => (s.PubSub, s.Topic)).Select(g => KeyValuePair.Create(g.Key, g.Select(s => s.App).ToArray())));

    /// <summary>Durable when this returns.</summary>
    /// <exception cref="DaprError">No such component for this app, or the topic is closed to it.</exception>
    public async Task PublishAsync(AppInstance app, string pubSub, string topic, IReadOnlyList<PublishedData> messages, Func<int, IReadOnlyDictionary<string, string>> metadata, CancellationToken cancellationToken)
    {
        Check(app, pubSub, topic);
        var payloads = messages.Select((m, i) => CloudEvents.Wrap(m, metadata(i), time.GetUtcNow())).ToArray();
        var apps = AppsOf(pubSub, topic);
        if (apps.Length == 0)
            return; // nobody listens: as in daprd's in-memory broker, that is no error
        await store.AddAsync(apps, pubSub, topic, payloads, cancellationToken);
    }

    public string[] AppsOf(string pubSub, string topic) => _subscribers.GetValueOrDefault((pubSub, topic)) ?? [];

    /// <summary>An app came up and said what it wants.</summary>
    public async Task SubscribeAsync(AppInstance app, IReadOnlyList<Subscription> subscriptions)
    {
        var topics = subscriptions.Where(s => Find(s.PubSub) is { } c && c.IsFor(app.AppId) && TopicScopes.MaySubscribe(c, app.AppId, s.Topic))
            .Select(s => (s.PubSub, s.Topic)).ToHashSet();
        await store.SetSubscribersAsync(app.AppId, topics);
        foreach (var key in _subscribers.Keys.Union(topics))
            _subscribers.AddOrUpdate(key, _ => topics.Contains(key) ? [app.AppId] : [],
                (_, apps) => topics.Contains(key) ? [.. apps.Union([app.AppId])] : [.. apps.Where(a => a != app.AppId)]);
    }

    /// <exception cref="DaprError">No such component for this app, or no topic.</exception>
    public Component MustExist(AppInstance app, string pubSub, string topic)
    {
        if (Find(pubSub) is not { } component || !component.IsFor(app.AppId))
            throw new DaprError(404, "ERR_PUBSUB_NOT_FOUND", $"pubsub {pubSub} is not found");
        return topic.Length > 0 ? component : throw new DaprError(404, "ERR_TOPIC_NAME_EMPTY", $"topic is empty in pubsub {pubSub}");
    }

    private void Check(AppInstance app, string pubSub, string topic)
    {
        if (!TopicScopes.MayPublish(MustExist(app, pubSub, topic), app.AppId, topic))
            throw new DaprError(403, "ERR_PUBSUB_FORBIDDEN", $"topic {topic} is not allowed for app id {app.AppId}");
    }

    private Component? Find(string name) => components.FirstOrDefault(c => c.Name == name && c.Type.StartsWith("pubsub.", StringComparison.Ordinal));
}
