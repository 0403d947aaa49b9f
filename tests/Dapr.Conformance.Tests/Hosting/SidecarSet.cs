using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Dapr.Conformance.Tests.Hosting;

/// <param name="Port">Where the app listens; null is no app.</param>
public sealed record AppSpec(string Id, int? Port)
{
    private readonly int[] _ports = Ports.Take(3);

    public int HttpPort => _ports[0];
    public int GrpcPort => _ports[1];
    public int InternalPort => _ports[2];
}

/// <param name="Apps">One sidecar each; one id several times is replicas.</param>
public sealed record SidecarSpec(params AppSpec[] Apps)
{
    public string MaxBodySize { get; init; } = "1Mi";
    public (string, string)[] Environment { get; init; } = [];
}

/// <summary>The sidecars of some apps, whose data outlive their processes.</summary>
public abstract class SidecarSet(SidecarSpec spec) : IAsyncDisposable
{
    public SidecarSpec Spec { get; } = spec;

    public string Http(int app) => $"http://127.0.0.1:{Spec.Apps[app].HttpPort}";
    public string Grpc(int app) => $"http://127.0.0.1:{Spec.Apps[app].GrpcPort}";

    /// <summary>Healthy when this returns; also after <see cref="KillAsync"/>, on the same data and ports.</summary>
    public async Task StartAsync()
    {
        try
        {
            await RunAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Processes that live.</summary>
    public abstract int Running { get; }

    private protected abstract Task RunAsync();

    /// <summary>kill -9.</summary>
    public abstract Task KillAsync();

    /// <summary>The sidecar of one app goes as its app did, where it is a process of its own.</summary>
    public virtual Task KillOneAsync(int app) => Task.CompletedTask;

    /// <summary>kill -9 of everything, the control plane included, where there is one.</summary>
    public virtual Task KillAllAsync() => KillAsync();

    public abstract ValueTask DisposeAsync();

    private protected static string Components(TempFolder folder)
    {
        var path = Directory.CreateDirectory(folder["components"]).FullName;
        File.WriteAllText(Path.Combine(path, "all.yaml"), $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: statestore }
            spec:
              type: state.sqlite
              version: v1
              metadata:
              - { name: connectionString, value: "{{folder["state.db"]}}" }
              - { name: actorStateStore, value: "true" }
              - { name: busyTimeout, value: 30s }
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: memory }
            spec:
              type: state.in-memory
              version: v1
              metadata: []
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: shared }
            spec:
              type: state.sqlite
              version: v1
              metadata:
              - { name: connectionString, value: "{{folder["shared.db"]}}" }
              - { name: busyTimeout, value: 30s }
              - { name: keyPrefix, value: name }
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: closed }
            spec:
              type: state.in-memory
              version: v1
              metadata: []
            scopes: [somebody-else]
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: pubsub }
            spec:
              type: pubsub.in-memory
              version: v1
              metadata:
              - { name: protectedTopics, value: "secret" }

            """);
        return path;
    }
}
