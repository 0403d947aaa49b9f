namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>The same components for both sidecars.</summary>
internal static class Components
{
    public static async Task WriteAsync(string folder, string database)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "state.yaml"),
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: statestore }
            spec:
              type: state.sqlite
              version: v1
              metadata:
              - { name: connectionString, value: "{{database}}" }
              - { name: actorStateStore, value: "true" }
              - { name: busyTimeout, value: 60s }
              - { name: timeout, value: 60s }
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "pubsub.yaml"),
            """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: pubsub }
            spec:
              type: pubsub.in-memory
              version: v1
              metadata: []
            """);
    }
}
