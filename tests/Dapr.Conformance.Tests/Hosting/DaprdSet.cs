using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Dapr.Conformance.Tests.Hosting;

/// <summary>Real daprd 1.16, a process for each app, with a placement and a scheduler of their own.</summary>
internal sealed class DaprdSet(SidecarSpec spec) : SidecarSet(spec)
{
    private static readonly (string, string) Host = ("DAPR_HOST_IP", "127.0.0.1");
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly TempFolder _folder = new();
    private readonly int[] _ports = Ports.Take(7);
    private readonly List<Child> _control = [];
    private readonly List<Child> _sidecars = [];
    private Servers? _servers;

    private static string Bin => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dapr", "bin");

    public override int Running => _control.Concat(_sidecars).Count(c => !c.HasExited);

    private protected override async Task RunAsync()
    {
        if (_control.Count == 0)
            await StartControlAsync();
        _sidecars.Clear();
        foreach (var (app, i) in Spec.Apps.Select((a, i) => (a, i)))
        {
            List<string> arguments =
            [
                "--app-id", app.Id, "--dapr-http-port", $"{app.HttpPort}", "--dapr-grpc-port", $"{app.GrpcPort}", "--dapr-internal-grpc-port", $"{app.InternalPort}",
                "--dapr-listen-addresses", "127.0.0.1", "--placement-host-address", $"127.0.0.1:{_ports[0]}", "--scheduler-host-address", $"127.0.0.1:{_ports[3]}",
                "--resources-path", _folder["components"], "--config", _folder["config.yaml"], "--enable-metrics=false", "--max-body-size", Spec.MaxBodySize,
            ];
            if (app.Port is { } port)
                arguments.AddRange(["--app-port", $"{port}"]);
            _sidecars.Add(new(Path.Combine(Bin, "daprd"), arguments, _folder[$"daprd-{i}.log"], [Host, .. Spec.Environment, .. _servers?.Environment ?? []]));
            // One after the other: daprd gives up when another one is just making the tables of a file that both use.
            await _sidecars[i].WaitForAsync($"{Http(i)}/v1.0/healthz{(app.Port is null ? "/outbound" : "")}", StartLimit);
        }
    }

    public override async Task KillAsync()
    {
        foreach (var sidecar in _sidecars)
            await sidecar.DisposeAsync();
    }

    public override Task KillOneAsync(int app) => _sidecars[app].KillAsync();

    public override async Task KillAllAsync()
    {
        await KillAsync();
        foreach (var process in _control)
            await process.DisposeAsync();
        _control.Clear();
    }

    public override async ValueTask DisposeAsync()
    {
        await KillAllAsync();
        if (_servers is not null)
            await _servers.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartControlAsync()
    {
        if (!File.Exists(_folder["config.yaml"]))
        {
            Components(_folder);
            _servers = await Servers.StartAsync(_folder);
        }
        await File.WriteAllTextAsync(_folder["config.yaml"], $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: { name: config }
            spec:
              nameResolution: { component: sqlite, version: v1, configuration: { connectionString: "{{_folder["names.db"]}}" } }
              features: [{ name: ActorStateTTL, enabled: true }]

            """);
        var placement = new Child(Path.Combine(Bin, "placement"),
            ["--port", $"{_ports[0]}", "--healthz-port", $"{_ports[1]}", "--initial-cluster", $"dapr-placement-0=127.0.0.1:{_ports[2]}", "--listen-address", "127.0.0.1",
             "--enable-metrics=false", "--disseminate-timeout", "1s"], _folder["placement.log"], Host);
        var scheduler = new Child(Path.Combine(Bin, "scheduler"),
            ["--port", $"{_ports[3]}", "--override-broadcast-host-port", $"127.0.0.1:{_ports[3]}", "--etcd-data-dir", _folder["etcd"], "--healthz-port", $"{_ports[4]}",
             "--etcd-client-port", $"{_ports[5]}", "--etcd-initial-cluster", $"dapr-scheduler-server-0=http://127.0.0.1:{_ports[6]}", "--listen-address", "127.0.0.1",
             "--enable-metrics=false"], _folder["scheduler.log"], Host);
        _control.AddRange([scheduler, placement]);
        await placement.WaitForAsync($"http://127.0.0.1:{_ports[1]}/healthz", StartLimit);
        await scheduler.WaitForAsync($"http://127.0.0.1:{_ports[4]}/healthz", StartLimit);
    }
}
