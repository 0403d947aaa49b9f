namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>Real daprd 1.16 with a placement and a scheduler of its own.</summary>
/// <param name="servers">Replaces the local components by others and starts what they need; answers with the environment that daprd needs for them.</param>
internal sealed class Daprd(string appId, string maxBodySize = "4Mi", int? appPort = null, Func<TempFolder, Task<(IAsyncDisposable, (string, string)[])?>>? servers = null) : ISidecar
{
    private readonly TempFolder _folder = new();
    private readonly int[] _ports = Ports.Take(14);
    private Child? _placement, _scheduler, _daprd;
    private (IAsyncDisposable Servers, (string, string)[] Environment)? _backend;

    private static string Bin => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dapr", "bin");

    /// <summary>Null, or why real daprd cannot run here.</summary>
    public static string? Missing => File.Exists(Path.Combine(Bin, "daprd")) && File.Exists(Path.Combine(Bin, "placement")) && File.Exists(Path.Combine(Bin, "scheduler"))
        ? null : "daprd, placement and scheduler 1.16 are not in ~/.dapr/bin (shared/dapr/install puts them there).";

    public string GrpcEndpoint => $"http://127.0.0.1:{_ports[0]}";
    public string HttpEndpoint => $"http://127.0.0.1:{_ports[1]}";

    public async Task StartAsync()
    {
        (string, string) host = ("DAPR_HOST_IP", "127.0.0.1");
        if (_placement is null || _scheduler is null)
        {
            await Components.WriteAsync(_folder["components"], _folder["state.db"]);
            _backend = servers is null ? null : await servers(_folder);
            await File.WriteAllTextAsync(_folder["config.yaml"],
                $$"""
                apiVersion: dapr.io/v1alpha1
                kind: Configuration
                metadata: { name: config }
                spec:
                  nameResolution: { component: sqlite, version: v1, configuration: { connectionString: "{{_folder["names.db"]}}" } }
                """);
            _placement = new(Path.Combine(Bin, "placement"),
                ["--port", $"{_ports[2]}", "--healthz-port", $"{_ports[3]}", "--metrics-port", $"{_ports[4]}", "--initial-cluster", $"dapr-placement-0=127.0.0.1:{_ports[5]}",
                 "--listen-address", "127.0.0.1", "--metrics-listen-address", "127.0.0.1"], _folder["placement.log"], host);
            _scheduler = new(Path.Combine(Bin, "scheduler"),
                ["--port", $"{_ports[6]}", "--override-broadcast-host-port", $"127.0.0.1:{_ports[6]}", "--etcd-data-dir", _folder["etcd"], "--healthz-port", $"{_ports[7]}",
                 "--metrics-port", $"{_ports[8]}", "--etcd-client-port", $"{_ports[9]}", "--etcd-initial-cluster", $"dapr-scheduler-server-0=http://127.0.0.1:{_ports[10]}",
                 "--listen-address", "127.0.0.1", "--metrics-listen-address", "127.0.0.1"], _folder["scheduler.log"], host);
            await _placement.WaitForAsync($"http://127.0.0.1:{_ports[3]}/healthz", TimeSpan.FromSeconds(120));
            await _scheduler.WaitForAsync($"http://127.0.0.1:{_ports[7]}/healthz", TimeSpan.FromSeconds(120));
        }
        _daprd = new(Path.Combine(Bin, "daprd"),
            ["--app-id", appId, "--dapr-http-port", $"{_ports[1]}", "--dapr-grpc-port", $"{_ports[0]}", "--dapr-internal-grpc-port", $"{_ports[11]}",
             "--dapr-listen-addresses", "127.0.0.1", "--placement-host-address", $"127.0.0.1:{_ports[2]}", "--scheduler-host-address", $"127.0.0.1:{_ports[6]}",
             "--resources-path", _folder["components"], "--config", _folder["config.yaml"], "--metrics-port", $"{_ports[12]}", "--profile-port", $"{_ports[13]}",
             "--max-body-size", maxBodySize, .. appPort is { } port ? new[] { "--app-port", $"{port}" } : []], _folder["daprd.log"], [host, .. _backend?.Environment ?? []]);
        await _daprd.WaitForAsync($"{HttpEndpoint}/v1.0/healthz/outbound", TimeSpan.FromSeconds(120));
    }

    public bool HasEnded => _daprd is { HasExited: true };

    public Task KillAsync() => _daprd?.KillAsync() ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var child in new[] { _daprd, _scheduler, _placement })
        {
            if (child is not null)
                await child.DisposeAsync();
        }
        if (_backend is { } backend)
            await backend.Servers.DisposeAsync();
        _folder.Dispose();
    }
}
