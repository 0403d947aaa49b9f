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
    public abstract Task StartAsync();

    /// <summary>kill -9.</summary>
    public abstract Task KillAsync();

    /// <summary>The sidecar of one app goes as its app did, where it is a process of its own.</summary>
    public virtual Task KillOneAsync(int app) => Task.CompletedTask;

    public abstract ValueTask DisposeAsync();

    /// <summary>MESH_TEST_COMPONENTS=redis: daprd with the set of components/redis and a redis-server of its own.</summary>
    public static bool WithRedis { get; } = Environment.GetEnvironmentVariable("MESH_TEST_COMPONENTS") == "redis";

    private protected static string RedisComponents(TempFolder folder, int port)
    {
        var path = Components(folder);
        var shipped = Path.Combine(Checkout.Root, "components", "redis");
        string Read(string name) => File.ReadAllText(Path.Combine(shipped, name)).Replace("127.0.0.1:6379", $"127.0.0.1:{port}", StringComparison.Ordinal);
        var own = File.ReadAllText(Path.Combine(path, "all.yaml")).Split("---").Where(c => c.Contains("state.in-memory", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(path, "all.yaml"), string.Join("---", own));
        File.WriteAllText(Path.Combine(path, "state.yaml"), Read("statestore.yaml"));
        File.WriteAllText(Path.Combine(path, "shared.yaml"), Read("statestore.yaml").Replace("name: statestore", "name: shared").Replace("- name: actorStateStore\n      value: \"true\"", "- name: keyPrefix\n      value: name"));
        File.WriteAllText(Path.Combine(path, "pubsub.yaml"), Read("pubsub.yaml").Replace("  metadata:\n    -", "  metadata:\n    - name: protectedTopics\n      value: secret\n    -"));
        File.WriteAllText(Path.Combine(path, "secrets.yaml"), Read("secrets.yaml"));
        return path;
    }

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
