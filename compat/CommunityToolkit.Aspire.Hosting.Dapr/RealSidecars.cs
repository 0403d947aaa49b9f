using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace CommunityToolkit.Aspire.Hosting.Dapr;

/// <summary>Real Dapr on one machine without containers: placement, scheduler, and a daprd for each app, all on loopback and free ports.</summary>
internal static class RealSidecars
{
    /// <summary>What Dapr and its etcd warn of on every developer's machine, whatever the log level: the resource page has it.</summary>
    private static readonly string[] Usual =
    [
        "{\"level\":\"info\"", "{\"level\":\"warn\"", "mTLS is disabled", "Graceful shutdown timeout is infinite", "increasedCardinality",
        "Marking prefixes as undeliverable", "DaprBuiltInActorNotFoundRetries",
    ];

    public static void Add(IDistributedApplicationBuilder builder, DaprRuntime runtime, IReadOnlyList<DaprApp> apps, string folder, IReadOnlyList<string> resources)
    {
        var placement = AddPlacement(builder, runtime, folder);
        var scheduler = AddScheduler(builder, runtime, folder);
        var config = WriteConfiguration(folder);
        foreach (var app in apps)
            AddSidecar(builder, runtime, app, folder, resources, config, placement, scheduler);
    }

    private static IResourceBuilder<ExecutableResource> AddPlacement(IDistributedApplicationBuilder builder, DaprRuntime runtime, string folder)
    {
        var placement = builder.AddExecutable("dapr-placement", runtime.Program("placement"), folder)
            .WithHttpEndpoint(name: "grpc").WithHttpEndpoint(name: "healthz").WithHttpEndpoint(name: "raft").OnLoopback();
        // The least it takes: every actor call is held up for that long when a worker comes or goes.
        return placement.WithArgs(context => Add(context.Args,
            "--port", placement.GetEndpoint("grpc").Port, "--listen-address", "127.0.0.1", "--healthz-port", placement.GetEndpoint("healthz").Port, "--healthz-listen-address", "127.0.0.1",
            "--initial-cluster", $"dapr-placement-0=127.0.0.1:{placement.GetEndpoint("raft").Port}", "--disseminate-timeout", "1s", "--enable-metrics=false", "--log-level", "warn"))
            .WithAnnotation(new HttpProbeAnnotation("/healthz", 200, "healthz"));
    }

    private static IResourceBuilder<ExecutableResource> AddScheduler(IDistributedApplicationBuilder builder, DaprRuntime runtime, string folder)
    {
        var scheduler = builder.AddExecutable("dapr-scheduler", runtime.Program("scheduler"), folder)
            .WithHttpEndpoint(name: "grpc").WithHttpEndpoint(name: "healthz").WithHttpEndpoint(name: "etcd").WithHttpEndpoint(name: "peer").OnLoopback();
        var data = new SchedulerData(folder);
        data.Allocate(scheduler.Resource);
        return scheduler.WithArgs(_ => data.Keep(scheduler.Resource)).WithArgs(context => Add(context.Args,
            "--port", scheduler.GetEndpoint("grpc").Port, "--listen-address", "127.0.0.1", "--healthz-port", scheduler.GetEndpoint("healthz").Port, "--healthz-listen-address", "127.0.0.1",
            "--override-broadcast-host-port", $"127.0.0.1:{scheduler.GetEndpoint("grpc").Port}", "--etcd-client-port", scheduler.GetEndpoint("etcd").Port,
            "--etcd-initial-cluster", $"dapr-scheduler-server-0=http://127.0.0.1:{scheduler.GetEndpoint("peer").Port}",
            "--etcd-data-dir", data.Folder, "--enable-metrics=false", "--log-level", "warn"))
            .WithAnnotation(new HttpProbeAnnotation("/healthz", 200, "healthz"));
    }

    private static void AddSidecar(
        IDistributedApplicationBuilder builder, DaprRuntime runtime, DaprApp app, string folder, IReadOnlyList<string> resources, string config,
        IResourceBuilder<ExecutableResource> placement, IResourceBuilder<ExecutableResource> scheduler)
    {
        var sidecar = builder.AddExecutable($"{app.App.Name}-dapr-cli", runtime.Program("daprd"), folder)
            .WithHttpEndpoint(app.Sidecar.Options.DaprHttpPort, name: "http").WithHttpEndpoint(app.Sidecar.Options.DaprGrpcPort, name: "grpc").WithHttpEndpoint(name: "internal").OnLoopback();
        app.TellApp(sidecar.GetEndpoint("http"), sidecar.GetEndpoint("grpc"));
        sidecar.WithArgs(context =>
        {
            app.AddFlags(context.Args, sidecar.GetEndpoint("http"), sidecar.GetEndpoint("grpc"));
            Add(context.Args,
                "--app-protocol", app.Sidecar.Options.AppProtocol ?? "http", "--app-channel-address", "127.0.0.1",
                "--read-buffer-size", app.Sidecar.Options.DaprReadBufferSize ?? "64Ki",
                "--dapr-internal-grpc-port", sidecar.GetEndpoint("internal").Port, "--dapr-listen-addresses", "127.0.0.1", "--enable-metrics=false",
                "--placement-host-address", $"127.0.0.1:{placement.GetEndpoint("grpc").Port}", "--scheduler-host-address", $"127.0.0.1:{scheduler.GetEndpoint("grpc").Port}",
                "--config", app.Sidecar.Options.Config ?? config, "--log-level", app.Sidecar.Options.LogLevel ?? "warn",
                // A worker that dies under a living sidecar must give up its actors within seconds.
                "--enable-app-health-check", "--app-health-check-path", "/alive", "--app-health-probe-interval", 1, "--app-health-probe-timeout", 900, "--app-health-threshold", 2);
            foreach (var path in resources.Concat(app.Sidecar.Options.ResourcesPaths))
                Add(context.Args, "--resources-path", path);
        });
        sidecar.WithAnnotation(new HttpProbeAnnotation("/v1.0/healthz/outbound", 204, "http"))
            // daprd 1.16 gives up when placement goes while its app is away: it hosts no actor from then on, or ends with exit code 0.
            .WithAnnotation(new FatalLineAnnotation("Failed to reconnect to placement"));
    }

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

    private static IResourceBuilder<ExecutableResource> OnLoopback(this IResourceBuilder<ExecutableResource> builder)
    {
        builder.WithEnvironment("DAPR_HOST_IP", "127.0.0.1").WithAnnotation(new EndlessAnnotation());
        foreach (var usual in Usual)
            builder.WithAnnotation(new QuietAnnotation(usual));
        return builder;
    }

    private static void Add(IList<object> args, params object[] more)
    {
        foreach (var arg in more)
            args.Add(arg);
    }
}
