using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace CommunityToolkit.Aspire.Hosting.Dapr;

/// <summary>Real Dapr on one machine without containers: placement, scheduler, and a daprd for each app, all on loopback and free ports.</summary>
internal sealed class RealSidecars : ISidecars
{
    private readonly DaprHost _dapr;
    private readonly DaprRuntime _runtime;
    private readonly IResourceBuilder<ExecutableResource> _placement, _scheduler;
    private readonly string _config;

    public RealSidecars(DaprHost dapr, DaprRuntime runtime)
    {
        (_dapr, _runtime) = (dapr, runtime);
        _placement = AddPlacement();
        _scheduler = AddScheduler();
        _config = WriteConfiguration(dapr.Folder);
    }

    private IResourceBuilder<ExecutableResource> AddPlacement()
    {
        var placement = AddProgram("dapr-placement", "placement").WithDirectEndpoint("grpc").WithDirectEndpoint("healthz").WithDirectEndpoint("raft");
        // The least it takes: every actor call is held up for that long when a worker comes or goes.
        return placement.WithArgs(context => Add(context.Args,
            "--port", Port(placement, "grpc"), "--listen-address", "127.0.0.1", "--healthz-port", Port(placement, "healthz"), "--healthz-listen-address", "127.0.0.1",
            "--initial-cluster", ReferenceExpression.Create($"dapr-placement-0=127.0.0.1:{Port(placement, "raft")}"), "--disseminate-timeout", "1s", "--enable-metrics=false", "--log-level", "warn"))
            .WithHttpHealthCheck("/healthz", 200, "healthz");
    }

    private IResourceBuilder<ExecutableResource> AddScheduler()
    {
        var data = new SchedulerData(_dapr.Folder);
        var kept = data.Take();
        var scheduler = AddProgram("dapr-scheduler", "scheduler")
            .WithDirectEndpoint("grpc", kept?[0]).WithDirectEndpoint("etcd", kept?[1]).WithDirectEndpoint("peer", kept?[2]).WithDirectEndpoint("healthz");
        return scheduler.WithArgs(_ => data.Keep(scheduler.Resource)).WithArgs(context => Add(context.Args,
            "--port", Port(scheduler, "grpc"), "--listen-address", "127.0.0.1", "--healthz-port", Port(scheduler, "healthz"), "--healthz-listen-address", "127.0.0.1",
            "--override-broadcast-host-port", Address(scheduler, "grpc"), "--etcd-client-port", Port(scheduler, "etcd"),
            "--etcd-initial-cluster", ReferenceExpression.Create($"dapr-scheduler-server-0=http://127.0.0.1:{Port(scheduler, "peer")}"),
            "--etcd-data-dir", data.Folder, "--enable-metrics=false", "--log-level", "warn"))
            .WithHttpHealthCheck("/healthz", 200, "healthz");
    }

    public void Add(DaprApp app)
    {
        var options = app.Sidecar.Options;
        var sidecar = AddProgram($"{app.App.Name}-dapr-cli", "daprd")
            .WithDirectEndpoint("http", options.DaprHttpPort).WithDirectEndpoint("grpc", options.DaprGrpcPort).WithDirectEndpoint("internal");
        app.TellApp(sidecar.GetEndpoint("http"), sidecar.GetEndpoint("grpc"));
        sidecar.WithArgs(context =>
        {
            app.AddFlags(context.Args, sidecar.GetEndpoint("http"), sidecar.GetEndpoint("grpc"));
            Add(context.Args,
                "--app-protocol", options.AppProtocol ?? "http", "--app-channel-address", "127.0.0.1", "--read-buffer-size", options.DaprReadBufferSize ?? "64Ki",
                "--dapr-internal-grpc-port", Port(sidecar, "internal"), "--dapr-listen-addresses", "127.0.0.1", "--enable-metrics=false",
                "--placement-host-address", Address(_placement, "grpc"), "--scheduler-host-address", Address(_scheduler, "grpc"),
                "--config", options.Config ?? _config, "--log-level", options.LogLevel ?? "warn",
                // A worker that dies under a living sidecar must give up its actors within seconds.
                "--enable-app-health-check", "--app-health-check-path", "/alive", "--app-health-probe-interval", "1", "--app-health-probe-timeout", "900", "--app-health-threshold", "2");
            foreach (var path in _dapr.ResourcesPaths.Concat(options.ResourcesPaths))
                Add(context.Args, "--resources-path", path);
        });
        sidecar.WithHttpHealthCheck("/v1.0/healthz/outbound", 204, "http").WithParentRelationship(app.App)
            // daprd 1.16 gives up when placement goes while its app is away: it hosts no actor from then on, or ends with exit code 0.
            .KillOnLine("Failed to reconnect to placement");
    }

    private IResourceBuilder<ExecutableResource> AddProgram(string name, string program) =>
        _dapr.Builder.AddExecutable(name, _runtime.Program(program), _dapr.Folder).WithEnvironment("DAPR_HOST_IP", "127.0.0.1").ExcludeFromManifest();

    private static EndpointReferenceExpression Port(IResourceBuilder<ExecutableResource> builder, string name) => builder.GetEndpoint(name).Property(EndpointProperty.TargetPort);

    private static ReferenceExpression Address(IResourceBuilder<ExecutableResource> builder, string name) => ReferenceExpression.Create($"127.0.0.1:{Port(builder, name)}");

    /// <summary>Names resolve through one shared file: mDNS, the default, needs multicast.</summary>
    private static string WriteConfiguration(string folder)
    {
        var file = Path.Combine(folder, "config.yaml");
        var names = Path.Combine(folder, $"names-{Environment.ProcessId}-{Guid.NewGuid():N}.db");
        foreach (var old in Directory.EnumerateFiles(folder, "names-*.db*"))
            File.Delete(old);
        File.WriteAllText(file, $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata:
              name: mesh
            spec:
              nameResolution:
                component: sqlite
                version: v1
                configuration:
                  connectionString: "{{names}}"
              features:
                - name: ActorStateTTL
                  enabled: true

            """);
        return file;
    }

    private static void Add(IList<object> args, params object[] more)
    {
        foreach (var arg in more)
            args.Add(arg);
    }
}
