using Dapr.Sidecar.Components;

namespace Dapr.Sidecar.PubSub;

/// <summary>allowedTopics, protectedTopics, publishingScopes ("app1=topic1,topic2;app2=") and subscriptionScopes of a component.</summary>
internal static class TopicScopes
{
    public static bool MayPublish(Component component, string appId, string topic) => May(component, appId, topic, "publishingScopes");

    public static bool MaySubscribe(Component component, string appId, string topic) => May(component, appId, topic, "subscriptionScopes");

    private static bool May(Component component, string appId, string topic, string scopes)
    {
        var allowed = List(component.Metadata.GetValueOrDefault("allowedTopics"), ',');
        var closed = List(component.Metadata.GetValueOrDefault("protectedTopics"), ',');
        if (allowed.Length > 0 && !allowed.Contains(topic) && !closed.Contains(topic))
            return false;
        var own = List(component.Metadata.GetValueOrDefault(scopes), ';').Select(s => s.Split('=', 2)).FirstOrDefault(s => s[0].Trim() == appId);
        return own is null ? !closed.Contains(topic) : List(own.ElementAtOrDefault(1), ',').Contains(topic);
    }

    private static string[] List(string? text, char by) => text?.Split(by, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
